// Open every folded part. Folded cells fade in, and while they do their colours are paler than anybody reads them.
() => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  for (const animation of document.getAnimations())
    if (animation.effect.getComputedTiming().endTime < Infinity) animation.finish();
}
