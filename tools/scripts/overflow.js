// Of a page that scrolls sideways, the element that sticks out furthest and is not inside something that scrolls by itself;
// null where the page does not.
() => {
  const root = document.documentElement;
  const width = root.clientWidth;
  if (root.scrollWidth <= width + 1) return null; // a pixel more is rounding, and differs between versions

  const clipped = (e) => {
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
      if (getComputedStyle(p).overflowX !== "visible") return true;
    return false;
  };
  let worst = null;
  let edge = width;
  for (const e of document.body.querySelectorAll("*")) {
    const right = e.getBoundingClientRect().right + window.scrollX;
    if (right <= edge + 0.5 || clipped(e)) continue;
    worst = e;
    edge = right;
  }
  const name = worst ? worst.outerHTML.replace(/\s+/g, " ").slice(0, 90) : "no single element";
  return `${Math.round(worst ? edge : root.scrollWidth)} px wide: ${name}`;
}
