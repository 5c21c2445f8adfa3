// What the puzzles share: the reader picks nodes one after another, in the drawing or by their buttons, and takes picks
// back. `show` shows what comes of the picks, and says it when it is asked to.

function picking(root, { all, disable, onClick, onKey }, nodes, show) {
  let picks = [];

  function update(aloud) {
    show(picks, aloud);
    for (const button of all('[data-do]')) disable(button, !picks.length);
    for (const button of all('[data-pick]')) disable(button, picks.includes(+button.dataset.pick));
  }

  onClick(({ dataset }) => {
    const node = +(dataset.pick ?? dataset.i);
    if (dataset.do && !picks.length) return;
    if (dataset.do === 'undo') picks.pop();
    else if (dataset.do) picks = [];
    else if (nodes.includes(node) && !picks.includes(node)) picks.push(node);
    else return;
    update(true);
  });
  onKey((key, target) => {
    const buttons = all('.ad-who button');
    const at = buttons.indexOf(target);
    const by = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (at < 0 || !by) return false;
    buttons.at((at + by) % buttons.length).focus();
    return true;
  });
  root.setAttribute('data-on', '');
  update();
}
