// A graph in steps. What each step shows is in the markup: data-k is the step in which a part of the drawing is done,
// data-s the seed that a text belongs to. Classes choose what of it is seen.

widgets('.ad-stepper', (root, { one, all, say, mark, disable, onClick, onKey, scrollTo }) => {
  const slider = one('input');
  const steps = all('.ad-steps>li');
  const last = steps.length - 1;
  let step = 0;
  let seed = '0';

  function show() {
    let node;
    for (const part of all('[data-k]')) {
      const done = +part.dataset.k;
      mark(part, { now: done === step && step, todo: done > step });
      if (done === step && part.matches('.ad-k')) node = part;
    }
    steps.forEach((item, k) => mark(item, { cur: k === step }));
    for (const part of all('[data-s]')) mark(part, { off: part.dataset.s !== seed });
    for (const button of all('[data-seed]')) button.setAttribute('aria-pressed', button.dataset.seed === seed);
    for (const button of all('[data-go]')) disable(button, step === (button.dataset.go > 0 ? last : 0));
    slider.value = step;
    slider.setAttribute('aria-valuetext', `${step} of ${last}`);
    one('output').textContent = `${step} / ${last}`;
    say([...steps[step].querySelectorAll('.ad-sr:not(.ad-off)')].map((words) => words.textContent).join(' '));
    if (node) scrollTo(node);
  }

  function go(to) {
    step = Math.max(0, Math.min(last, to));
    show();
    return true;
  }

  onClick(({ dataset }) => {
    seed = dataset.seed ?? seed;
    go(+(dataset.k ?? step + +(dataset.go ?? 0)));
  });
  slider.addEventListener('input', () => go(+slider.value));
  onKey((key) => {
    const to = { ArrowRight: step + 1, ArrowLeft: step - 1, Home: 0, End: last }[key];
    return to !== undefined && go(to);
  });
  root.setAttribute('data-on', '');
  show();
});
