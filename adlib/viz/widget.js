// What every widget does. The page of each widget carries this file and that of its kind, together in one function. A
// page may hold many of them and a notebook may run one again, so each starts only what has not been started.

function widgets(selector, start) {
  for (const root of document.querySelectorAll(selector)) {
    if (root.adlibStarted) continue;
    root.adlibStarted = true;
    start(root, helpers(root));
  }
}

function helpers(root) {
  const one = (query) => root.querySelector(query);
  const all = (query) => [...root.querySelectorAll(query)];

  return {
    one,
    all,

    // For screen readers.
    say(text) {
      one('.ad-live').textContent = text;
    },

    // Which of its classes an element has now.
    mark(element, classes) {
      for (const name in classes) element.classList.toggle(`ad-${name}`, !!classes[name]);
    },

    // A control that is disabled keeps the focus: it may be at an end that the next key leaves.
    disable(control, off) {
      control.setAttribute('aria-disabled', !!off);
    },

    // Clicks on buttons and on nodes of a drawing.
    onClick(react) {
      root.addEventListener('click', ({ target }) => {
        const part = target.closest('button, .ad-k');
        if (part && root.contains(part)) react(part);
      });
    },

    // Keys without modifiers. A key that `react` has used, which it says with true, is kept from page and notebook.
    onKey(react) {
      root.addEventListener('keydown', (event) => {
        if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
        if (!react(event.key, event.target)) return;
        event.preventDefault();
        event.stopPropagation();
      });
    },

    // Scrolls a drawing that is too wide, so that a part of it is in the middle.
    scrollTo(part) {
      const view = one('.ad-view');
      if (view.scrollWidth <= view.clientWidth) return;
      const [seen, wanted] = [view, part].map((element) => element.getBoundingClientRect());
      view.scrollLeft += (wanted.left + wanted.right - seen.left - seen.right) / 2;
    },
  };
}
