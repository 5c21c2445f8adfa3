// The elimination puzzle. The page holds the edges of the graph, the nodes to take out, and what some orders take. The
// script takes nodes out in the reader's order, so it makes edges, counts and writes words, and nothing else.

widgets('.ad-elim', (root, page) => {
  const { one, all, say, mark, scrollTo } = page;
  const { names, edges, between, outputs, forward, reverse, best, least } = JSON.parse(root.dataset.graph);

  const written = (some) => some.map(([parent, child]) => `${names[parent]}\u00a0→\u00a0${names[child]}`).join(', ');

  // All picked nodes are taken out. `there` are the edges that are left, `now` is what the last step made and merged.
  function remove(picks) {
    const there = new Map(edges.map((edge) => [String(edge), edge]));
    const ends = (node) => [1, 0].map((end) => [...there.values()].filter((edge) => edge[end] === node));
    const price = (node) => ends(node).map((some) => some.length);
    let [count, now] = [0, { made: [], merged: [] }];
    const log = picks.map((node) => {
      const [into, out] = ends(node);
      now = { made: [], merged: [] };
      for (const [, child] of out) {
        for (const [parent] of into) {
          const edge = [parent, child];
          now[there.has(String(edge)) ? 'merged' : 'made'].push(edge);
          there.set(String(edge), edge);
        }
      }
      for (const edge of outputs.includes(node) ? out : [...into, ...out]) there.delete(String(edge));
      count += into.length * out.length;
      return `${names[node]}: ${into.length} · ${out.length} = ${into.length * out.length}.`;
    });
    return { there, price, count, now, log };
  }

  // How it stands, and why.
  function verdict(picks, { count, now }) {
    const last = picks.at(-1);
    let why = 'A node with p edges in and q edges out costs p · q. Which node goes first?';
    if (picks.length) {
      why = [
        now.made.length && `New, dashed: ${written(now.made)}.`,
        now.merged.length && `Merged, thick: ${written(now.merged)}.`,
        outputs.includes(last) && `${names[last]} is an output, so its edges in stay.`,
      ].filter(Boolean).join(' ');
    }
    if (picks.length < between.length) return ['open', `Multiplications so far: ${count}.`, why];
    const fewest = count > least ? `, the best order ${least}: ${best.map((node) => names[node]).join(', ')}` : '';
    const end = `Multiplications in all: ${count}.${fewest ? '' : ' No order takes fewer.'}`;
    return ['done', end, `${why} Forward order takes ${forward}, reverse order ${reverse}${fewest}.`];
  }

  picking(root, page, between, (picks, aloud) => {
    const run = remove(picks);
    const { there, price, now, log } = run;
    const [state, end, why] = verdict(picks, run);

    one('.ad-log').replaceChildren(...log.map((text) => {
      const item = document.createElement('li');
      item.textContent = text;
      return item;
    }));
    for (const part of all('[data-e]')) {
      const edge = part.dataset.e;
      const among = (some) => some.some((other) => String(other) === edge);
      mark(part, { gone: !there.has(edge), new: among(now.made), merged: among(now.merged) });
    }
    let latest;
    for (const part of all('.ad-k')) {
      const node = +part.dataset.i;
      const turn = picks.indexOf(node) + 1;
      const [p, q] = price(node);
      mark(part, { out: turn, kept: outputs.includes(node), now: turn && turn === picks.length });
      part.querySelector('.ad-t').textContent = turn ? `${turn}.` : '';
      part.querySelector('.ad-r').textContent = turn ? '' : `${p}·${q} = ${p * q}`;
      if (turn && turn === picks.length) latest = part;
    }
    one('.ad-end').textContent = end;
    one('.ad-why').textContent = why;
    root.dataset.state = state;
    if (aloud) say([...log.slice(-1), end, why].join(' '));
    if (latest) scrollTo(latest);
  });
});
