// The parts that scroll sideways and that the keyboard does not reach. Browsers differ in what they let the Tab key reach by
// themselves, so each such part has to say that it can be focused, or hold something that can.
() => {
  const found = [];
  for (const e of document.body.querySelectorAll("*")) {
    const scrolls = e.scrollWidth > e.clientWidth + 1; // a pixel more than the box is rounding
    if (!scrolls || !/auto|scroll/.test(getComputedStyle(e).overflowX) || !e.checkVisibility()) continue;
    if (e.tabIndex >= 0 || [...e.querySelectorAll("*")].some((inner) => inner.tabIndex >= 0)) continue;
    const name = e.cloneNode().outerHTML.replace(/<\/.*/, "").replace(/\s+/g, " ").slice(0, 90);
    found.push(`${e.scrollWidth} px in ${e.clientWidth}: ${name}`);
  }
  return found;
}
