// Of every explorable: the frame it shows, its pictures, the text that is seen and the one that is read out.
() =>
  [...document.querySelectorAll(".ad-explore")].map((root) => ({
    frame: +(root.querySelector("[type=range]")?.value ?? -1),
    picture: [...root.querySelectorAll("svg[role=img]:not(figure svg)")].map((e) => e.innerHTML).join(" "),
    text: [...root.children].filter((e) => !e.matches("[aria-live]")).map((e) => e.innerText || "").join(" "),
    pressed: [...root.querySelectorAll("[aria-pressed=true]")].map((e) => e.innerText).join(),
    live: [...root.querySelectorAll("[aria-live]")].map((e) => e.textContent.trim()).join(" "),
    going: root.hasAttribute("data-going"),
  }))
