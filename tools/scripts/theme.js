// Switch to the light or the dark theme as the theme's own button does.
(theme) => {
  for (const key of ["theme", "mode"]) document.documentElement.dataset[key] = theme;
}
