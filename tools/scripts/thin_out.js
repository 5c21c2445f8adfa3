// In highlighted code the first word of each kind stands for the others, which lose their spans: they have its colour, and
// to compare thousands of colours takes half a minute on a long source page.
() => {
  const kinds = new Set();
  for (const word of document.querySelectorAll(".highlight pre span:not([id])")) {
    const kind = word.closest("pre").className + "/" + word.className;
    if (kinds.has(kind) && !word.children.length) word.replaceWith(word.textContent);
    kinds.add(kind);
  }
}
