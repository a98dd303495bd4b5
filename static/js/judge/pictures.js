// A picture that can't be shown says so in its frame, and can be asked for again.

import { task } from "./dom.js";

function missing(image) {
  image.closest("figure").classList.add("missing");
}

export function pictures() {
  for (const image of task.querySelectorAll("figure img")) {
    if (image.complete && !image.naturalWidth) missing(image);
  }
}

task.addEventListener("error", (event) => event.target.matches("figure img") && missing(event.target), true);

task.addEventListener("click", (event) => {
  const figure = event.target.closest("[data-again]")?.closest("figure");
  if (!figure) return;
  const image = figure.querySelector("img");
  figure.classList.remove("missing");
  image.src = `${new URL(image.src).pathname}?again=${Date.now()}`; // past what the cache holds
});
