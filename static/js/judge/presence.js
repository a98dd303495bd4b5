// Time with the page in front and in use, and, now and then, word of it to the server: the item stays reserved.

import { answerForm, find } from "./dom.js";

const IN_USE_MS = 60_000;
let lastUse = performance.now();
let lastWord = performance.now();
let active = 0;

// Called when the form stands, with what was kept of an earlier look at the same item.
export function atItem() {
  active = 1000 * Number(kept()?.value ?? 0);
  lastUse = performance.now();
  lastWord = lastUse;
}

const kept = () => answerForm()?.elements.active_seconds;

function count(now) {
  active += Math.min(now - lastUse, IN_USE_MS);
  if (kept()) kept().value = (active / 1000).toFixed(1);
}

function used() {
  const now = performance.now();
  const paused = document.hidden || find("#pause[open]");
  if (!paused) count(now);
  lastUse = now;
  if (paused) return;
  if (now - lastWord >= IN_USE_MS) sayPresent(now);
}

function sayPresent(now) {
  const element = find("[data-present]", answerForm() ?? document);
  lastWord = now;
  if (element && navigator.onLine) htmx.trigger(element, "present");
}

for (const sign of ["keydown", "pointerdown", "pointermove", "wheel", "touchmove", "submit"]) {
  document.addEventListener(sign, used, { capture: true, passive: true });
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) count(performance.now());
  lastUse = performance.now();
});
