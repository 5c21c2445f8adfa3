// Of every puzzle: how it stands, and what is seen and read out.
() =>
  [...document.querySelectorAll(".ad-puzzle, .ad-elim")].map((root) => ({
    state: root.dataset.state,
    seen: [...root.children].filter((e) => !e.matches("[aria-live]")).map((e) => e.innerText || e.textContent).join(" "),
    live: [...root.querySelectorAll("[aria-live]")].map((e) => e.textContent.trim()).join(" "),
  }))
