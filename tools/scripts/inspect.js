// What is wrong with formulas, pictures and drawings: pairs of a rule and a message.
() => {
  const found = [];
  const add = (rule, message) => found.push([rule, message]);
  const short = (text) => (text || "").trim().replace(/\s+/g, " ").slice(0, 80);

  for (const e of document.querySelectorAll("mjx-merror, [data-mml-node=merror]")) {
    const words = e.getAttribute("data-mjx-error") || e.getAttribute("title") || short(e.textContent);
    add("mathematics", `MathJax error: ${words}`);
  }
  for (const e of document.querySelectorAll("mjx-container [data-mml-node=mtext][fill=red]")) {
    const macro = e.closest("mjx-container").querySelector("mjx-assistive-mml mtext[mathcolor=red]");
    add("mathematics", `MathJax knows no macro ${short(macro?.textContent)}`);
  }
  for (const e of document.querySelectorAll(".math:not(code *)"))
    if (!e.querySelector("mjx-container") && e.checkVisibility())
      add("mathematics", `not set by MathJax: ${short(e.textContent)}`);

  for (const e of document.images) {
    const alt = e.getAttribute("alt");
    const name = short(e.getAttribute("src")).split("/").pop();
    if (alt === null)
      add("alt", `the image ${name} has no alternative text`);
    else if (/\.(png|jpe?g|svg|gif|webp)$/i.test(alt.trim()))
      add("alt", `the alternative text of ${name} is a file name: ${alt}`);
    else if (!alt.trim() && e.closest(".cell_output, article p"))
      add("alt", `the image ${name} has an empty alternative text`);
    if (e.complete && e.naturalWidth === 0 && e.checkVisibility())
      add("alt", `the image ${name} does not load`);
  }

  for (const e of document.querySelectorAll("svg")) {
    const silent = e.ownerSVGElement || e.closest("mjx-container, [aria-hidden=true], button, a");
    if (silent || !e.checkVisibility()) continue;
    const label =
      e.getAttribute("aria-label") ||
      e.getAttribute("aria-labelledby") ||
      e.querySelector(":scope > title")?.textContent;
    if (!e.getAttribute("role") || !label)
      add("alt", `a drawing (svg) needs a role and a label: ${short(e.outerHTML)}`);
  }
  return found;
}
