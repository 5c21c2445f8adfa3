// Comes to an end once the page is loaded with its fonts and MathJax, where the page has it, has set every formula.
async () => {
  if (document.readyState !== "complete") await new Promise((done) => addEventListener("load", done));
  await document.fonts.ready;
  // Scripts have run by now: a MathJax that is not there did not load, and the formulas are reported one by one.
  await window.MathJax?.startup?.promise?.catch(() => {});
  return true;
}
