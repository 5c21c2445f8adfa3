// Of every stepper on the page: which of its steps are seen, and what is read out.
() =>
  [...document.querySelectorAll(".ad-stepper")].map((root) => ({
    steps: [...root.querySelectorAll(".ad-steps > li")].map((step) => step.checkVisibility({ visibilityProperty: true })),
    live: [...root.querySelectorAll("[aria-live]")].map((e) => e.textContent.trim()).join(" "),
  }))
