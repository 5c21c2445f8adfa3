// Whether the page is loaded and MathJax, where the page has it, has set every formula.
() => {
  if (document.readyState !== "complete") return false;
  if (![...document.scripts].some((s) => /mathjax/i.test(s.src))) return true;
  if (!window.MathJax || !MathJax.startup || !MathJax.startup.promise) return false;
  if (!window.__mathematics) {
    window.__mathematics = "waiting";
    MathJax.startup.promise.then(() => { window.__mathematics = "done"; });
  }
  return window.__mathematics === "done";
}
