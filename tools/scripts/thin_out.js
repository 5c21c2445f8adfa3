// In highlighted code and in signatures the first word of each kind stands for the others, which lose their spans: they have
// its colour, and to compare thousands of colours takes half a minute on a long page. A word's kind is its classes and
// those of all that it stands in.
() => {
  const kind = (word) => {
    const path = [];
    for (let e = word; e && e.tagName !== "ARTICLE"; e = e.parentElement) path.push(`${e.tagName}.${e.className}`);
    return path.join();
  };
  const words = [...document.querySelectorAll(".highlight pre span:not(.ad-line), .sig :is(span, em)")].map((e) => [e, kind(e)]);
  const seen = new Set();
  for (const [word, its] of words) {
    if (seen.has(its)) word.replaceWith(...word.childNodes);
    seen.add(its);
  }
  for (const block of document.querySelectorAll(".highlight pre, .sig")) block.normalize();
}
