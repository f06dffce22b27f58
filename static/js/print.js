// The button is for those who can press it: without scripts, the browser's own menu prints the page as well.
"use strict";

document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});
