// An explorable. Its data, JSON that is deflated and written in base64, hold for each scene the drawing of its panels and
// which attributes of its elements change; Python has drawn every frame. A column has one entry a frame: a text, or how
// far each number of the text before moves. Between two frames, numbers are a share of their way further.

const NUMBER = /-?\d+/g;

async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).json();
}

// In between, numbers are not whole: rounded one by one, the steps along a curve would add up to another curve.
function moved(text, by, share = 1) {
  let k = 0;
  return text.replace(NUMBER, (number) => +(+number + by[k++] * share).toFixed(2));
}

// The line that each mark leaves behind, through its places (where its outline has an M) in some frames.
function trail(outlines) {
  const places = outlines.map((outline) => outline.match(/M-?[\d.]+ -?[\d.]+/g) ?? []);
  const seen = places.filter((marks) => marks.length === places.at(-1).length);
  if (seen.length < 2) return '';
  return seen[0].map((start, mark) => start + seen.slice(1).map((marks) => marks[mark].replace('M', 'L')).join('')).join('');
}

widgets('.ad-explore', (root, helpers) => {
  // The pictures and the table are seen where the browser cannot inflate, or when something is wrong with the data.
  const still = () => {
    root.removeAttribute('data-on');
    root.removeAttribute('aria-busy');
  };
  if (!window.DecompressionStream) {
    still();
    return;
  }
  root.setAttribute('data-on', '');
  root.setAttribute('aria-busy', 'true');
  root.querySelector('.ax-live').inert = true; // what is done before the data are there would be lost
  inflated(root.dataset.packed).then((data) => {
    explore(root, helpers, data);
    root.querySelector('.ax-live').inert = false;
    root.removeAttribute('aria-busy');
  }).catch((error) => {
    still();
    throw error;
  });
});

function explore(root, { one, all, say, disable, onClick, onKey }, data) {
  const panes = all('.ax-live .ax-in');
  const slider = one('.ax-bar input');
  const player = one('.ax-play');
  const faster = one('.ax-fast');
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const columns = [];
  const picks = [...data.start[0]];
  let scene;
  let last; // frame of the scene
  let position; // a frame, or while it plays somewhere between two
  let shown; // the frame whose numbers are shown
  let speed = 1;
  let playing = 0; // the request for the next picture
  let then;

  function column(number) {
    columns[number] ??= data.columns[number].reduce((texts, entry) => {
      texts.push(Array.isArray(entry) ? moved(texts.at(-1), entry) : entry);
      return texts;
    }, []);
    return columns[number];
  }

  function move({ element, attribute, number, length }) {
    const texts = column(number);
    const frame = Math.floor(position);
    const next = data.columns[number][frame + 1];
    const between = position > frame && Array.isArray(next);
    const at = between ? frame : Math.round(position);
    const now = between ? moved(texts[frame], next, position - frame) : texts[at];
    if (attribute === 'text') element.textContent = now;
    else if (!length) element.setAttribute(attribute, now);
    else element.setAttribute('d', trail([...texts.slice(Math.max(0, at - length), at + 1), ...(between ? [now] : [])]));
  }

  function show(to, aloud) {
    position = Math.max(0, Math.min(last, to));
    scene.moves.forEach(move);
    const frame = Math.round(position);
    if (!aloud && frame === shown) return;
    shown = frame;
    if (slider) {
      slider.value = frame;
      slider.setAttribute('aria-valuetext', `${data.axis} ${scene.labels[frame]}`);
    }
    all('.ax-num dd').forEach((field, k) => { field.textContent = scene.numbers[k][frame]; });
    one('.ax-say').textContent = scene.says[frame];
    if (aloud) say(scene.says[frame]);
    for (const button of all('[data-go]')) disable(button, frame === (button.dataset.go > 0 ? last : 0));
    root.dataset.frame = frame;
  }

  // Shows the scene that is picked: at the frame with the same value of the axis, or else as far along as before.
  function pick(start) {
    const label = scene?.labels[shown];
    const share = last ? position / last : 0;
    const { panes: drawn, moves, labels, numbers, says } = data.scenes[
      data.choices.reduce((index, count, k) => index * count + picks[k], 0)
    ];
    const elements = panes.map((pane, k) => {
      pane.innerHTML = drawn[k];
      return pane.querySelectorAll('path, text');
    });
    scene = {
      moves: moves.map(([pane, k, attribute, number, length]) => ({ element: elements[pane][k], attribute, number, length })),
      labels: column(labels),
      numbers: [labels, ...numbers].map(column),
      says: column(says),
    };
    last = scene.labels.length - 1;
    if (slider) slider.max = last;
    for (const button of all('[data-p]')) button.setAttribute('aria-pressed', picks[button.dataset.p] === +button.dataset.c);
    shown = -1;
    const same = scene.labels.indexOf(label);
    show(start ?? (same < 0 ? Math.round(share * last) : same), start === undefined && !playing);
  }

  // The player

  function mark() {
    root.toggleAttribute('data-going', !!playing);
    if (!player) return;
    player.classList.toggle('ax-going', !!playing);
    player.setAttribute('aria-label', playing ? 'Pause' : 'Play');
    faster.textContent = `${speed < 1 ? '\u00bd' : speed}\u00d7`;
    faster.setAttribute('aria-label', `Speed ${faster.textContent}`);
  }

  function play() {
    if (Math.round(position) >= last) show(0);
    then = 0;
    playing = requestAnimationFrame(tick);
    mark();
  }

  function stop() {
    if (!playing) return;
    cancelAnimationFrame(playing);
    playing = 0;
    mark();
    show(Math.round(position), true);
  }

  function tick(now) {
    if (!root.isConnected) return;
    const each = Math.min(900, (1000 * data.seconds) / Math.max(1, last)) / speed; // milliseconds a frame
    let step = then ? Math.min(now - then, 250) / each : 0;
    if (calm.matches && then) {
      step = now - then < each ? 0 : 1; // whole frames only
      if (!step) {
        playing = requestAnimationFrame(tick);
        return;
      }
    }
    then = now;
    show(position + step);
    if (position >= last) stop();
    else playing = requestAnimationFrame(tick);
  }

  function go(to) {
    stop();
    show(to, true);
    return true;
  }

  onClick((button) => {
    const { p: picker, c: choice, go: by } = button.dataset;
    if (picker) {
      picks[picker] = +choice;
      pick();
    } else if (by) {
      go(Math.round(position) + +by);
    } else if (button === player) {
      if (playing) stop();
      else play();
    } else if (button === faster) {
      speed = speed >= 4 ? 0.5 : speed * 2;
      mark();
    }
  });
  slider?.addEventListener('input', () => go(+slider.value));
  onKey((key, target) => {
    if (target.closest('summary')) return false;
    if (key === ' ' && target === slider && player) {
      player.focus();
      player.click();
      return true;
    }
    const at = Math.round(position);
    const anywhere = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last };
    const onSlider = { ArrowUp: at + 1, ArrowDown: at - 1, PageUp: at + 5, PageDown: at - 5 };
    const to = anywhere[key] ?? (target === slider ? onSlider[key] : undefined);
    return to !== undefined && go(to);
  });
  mark();
  pick(data.start[1]);
}
