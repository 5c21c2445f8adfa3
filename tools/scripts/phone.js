// What a phone cuts off, and what it shows only in parts: formulas, tables, lines of code and of outputs, pictures with their
// controls. All that is folded has to be open.
() => {
  const found = [];
  const screen = innerHeight - (document.querySelector(".bd-header-article")?.offsetHeight ?? 0);
  const short = (text) => text.trim().replace(/\s+/g, " ").slice(0, 60);
  const block = (e) => {
    let box = e.parentElement;
    while (getComputedStyle(box).display.startsWith("inline")) box = box.parentElement;
    return box;
  };

  for (const e of document.querySelectorAll("mjx-container")) {
    const drawing = e.querySelector("svg");
    if (!drawing || !e.checkVisibility()) continue;
    const box = block(e);
    const style = getComputedStyle(box);
    const room = box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    // A displayed formula with a number is a drawing of width 100% with a least width.
    const width = Math.max(drawing.getBoundingClientRect().width, parseFloat(getComputedStyle(drawing).minWidth) || 0);
    const text = short(e.querySelector("mjx-assistive-mml")?.textContent ?? "");
    if (width > room + 1) found.push(`a formula of ${Math.round(width)} px in ${Math.round(room)}: ${text}`);
  }
  for (const e of document.querySelectorAll("main table")) {
    const box = e.parentElement;
    if (e.checkVisibility() && e.offsetWidth > box.clientWidth + 1)
      found.push(`a table of ${e.offsetWidth} px in ${box.clientWidth}: ${short(e.textContent)}`);
  }
  for (const e of document.querySelectorAll("main pre"))
    if (e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
      found.push(`lines of ${e.scrollWidth} px in ${e.clientWidth}: ${short(e.textContent)}`);
  for (const e of document.querySelectorAll(".ad-stepper, .ad-puzzle, .ad-elim, .ax-live, .cell_output img"))
    if (e.checkVisibility() && e.offsetHeight > screen) {
      const name = e.closest("[aria-label]")?.getAttribute("aria-label") ?? e.getAttribute("alt") ?? "";
      found.push(`a picture with its controls is ${e.offsetHeight} px high, a screen ${screen}: ${short(name)}`);
    }
  return found;
}
