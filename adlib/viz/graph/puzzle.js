// The order puzzle. The page holds of each node its name, its children and what it sends: [parent, local derivative].
// The script lets the nodes report in the reader's order, so it multiplies, adds and writes numbers, and nothing else.

widgets('.ad-puzzle', (root, page) => {
  const { one, all, say, mark, scrollTo } = page;
  const { nodes, out, inputs, order, grad, right } = JSON.parse(root.dataset.graph);

  // As `plain` in formula/numbers.py.
  function plain(value) {
    const size = Math.abs(value);
    let text;
    if (Number.isInteger(size) && size < 1e6) text = String(size);
    else if (size >= 0.1 && size < 1e5) text = String(+size.toFixed(4));
    else if (size >= 1e-4 && size < 0.1) text = String(+size.toPrecision(4));
    else text = size.toExponential(3).split('e').map(Number).join('e');
    return (value < 0 ? '\u2212' : '') + text;
  }

  const shown = (value) => +plain(value).replace('\u2212', '-');

  const factor = (value) => (value < 0 ? `(${plain(value)})` : plain(value));

  const vector = (entries) => (entries.length > 1 ? `(${entries.map(plain).join(', ')})` : plain(entries[0]));

  const listed = (some) => new Intl.ListFormat('en-GB').format(some.map((node) => nodes[node].name));

  // All picked nodes report, each once, with what it has by then. `turns` says when a node has reported, `edges` when
  // an edge has carried its contribution, `waiting` for whom a node that spoke too early should have waited.
  function report(picks) {
    const adjoints = nodes.map((_, node) => +(node === out));
    const [turns, edges, late, waiting] = [{}, {}, {}, {}];
    const log = picks.map((node, k) => {
      const { name, children, sends } = nodes[node];
      const adjoint = adjoints[node];
      const missing = children.filter((child) => !turns[child]);
      turns[node] = k + 1;
      const sent = sends.map(([parent, slope]) => {
        const edge = `${parent} ${node}`;
        adjoints[parent] += adjoint * slope;
        edges[edge] = k + 1;
        late[edge] = parent in turns;
        // A reader may multiply what is shown.
        const sign = plain(shown(adjoint) * shown(slope)) === plain(adjoint * slope) ? '=' : '≈';
        const product = `${factor(adjoint)} · ${factor(slope)} ${sign} ${plain(adjoint * slope)} to ${nodes[parent].name}`;
        return late[edge] ? `${product}, too late: ${nodes[parent].name} has reported` : product;
      });
      const text = `${name} has ${plain(adjoint)} and sends ${sent.join('; ')}.`;
      if (!missing.length) return text;
      waiting[node] = missing;
      return `${text} Too early: ${listed(missing)} ${missing.length > 1 ? 'have' : 'has'} not reported yet.`;
    });
    return { adjoints, turns, edges, late, waiting, log };
  }

  // How it stands, what it gives and why.
  function verdict(picks, { adjoints, waiting }) {
    if (!picks.length) return ['open', 'The result has the adjoint 1. Who reports first?', ''];
    if (picks.length < order.length) return ['open', 'Who reports next?', ''];
    const found = vector(inputs.map((node) => adjoints[node]));
    const early = picks.filter((node) => waiting[node]);
    if (!early.length) {
      const why = 'Every node reported after all its children, so this is the gradient.';
      return ['right', `A right order: ${grad} = ${found}.`, why];
    }
    const end = found === vector(right)
      ? `A wrong order: here the number is right by chance, ${grad} = ${found}.`
      : `A wrong order gives ${found}. The gradient is ${grad} = ${vector(right)}.`;
    const why = early.map((node) => `${nodes[node].name} spoke too early: before ${listed(waiting[node])}.`);
    return ['wrong', end, why.join(' ')];
  }

  picking(root, page, order, (picks, aloud) => {
    const run = report(picks);
    const { adjoints, turns, edges, late, waiting, log } = run;
    const turn = picks.length;
    const [state, end, why] = verdict(picks, run);
    let latest;

    one('.ad-log').replaceChildren(...log.map((text, k) => {
      const item = document.createElement('li');
      item.textContent = text;
      mark(item, { bad: waiting[picks[k]] });
      return item;
    }));
    for (const part of all('.ad-k')) {
      const node = part.dataset.i;
      const now = turns[node] === turn;
      mark(part, { said: turns[node], now, early: waiting[node] });
      part.querySelector('.ad-r').textContent = plain(adjoints[node]);
      part.querySelector('.ad-t').textContent = waiting[node] ? 'too early' : turns[node] ? `${turns[node]}.` : '';
      if (now) latest = part;
    }
    for (const part of all('[data-e]')) {
      const edge = part.dataset.e;
      mark(part, { todo: !edges[edge], now: edges[edge] === turn, late: late[edge] });
    }
    one('.ad-end').textContent = end;
    mark(one('.ad-end'), { bad: state === 'wrong' });
    one('.ad-why').textContent = why;
    root.dataset.state = state;
    if (aloud) say([...log.slice(-1), end, why].join(' '));
    if (latest) scrollTo(latest);
  });
});
