// A key belongs to the element that prints it (data-key); the innermost open layer has the keys.

import { choosing, labels, meant } from "./choices.js";
import { find, isTyping, task } from "./dom.js";
import { layoutAsk, layoutLearn, namesOf } from "./layout.js";
import { commentLeave } from "./panels.js";
import { zoomKey } from "./zoom.js";

const keyLayer = () => find("dialog[open]") ?? find("#skip.open");

function elementFor(key) {
  const layer = keyLayer();
  const elements = [...(layer ?? document).querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
  if (layer) return elements[0];
  return elements.find((element) => !element.closest("dialog, #skip") && isReachable(element));
}

// A radio button that a panel covers still answers to its key; a button in a panel that is not open does not.
const isReachable = (element) => element.type === "radio" || element.checkVisibility();

document.addEventListener("keydown", async (event) => {
  if (event.isComposing || choosing(event)) return;
  if (isTyping(event.target)) return typingKey(event, event.key.toLowerCase());
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && (event.repeat || event.target.closest("a, button, summary"))) return;
  press(event, namesOf(event).map(meant).filter(Boolean));
  if (await layoutLearn(event)) labels();
});

function press(event, names) {
  if (find("#zoom[open]") && names.some(zoomKey)) return event.preventDefault();
  const element = names.map(elementFor).find(Boolean);
  if (!element) return;
  event.preventDefault();
  if (element.type === "radio") element.focus({ preventScroll: true });
  element.click();
}

function typingKey(event, key) {
  if (key === "escape") commentLeave(event.target);
  else if (key === "enter" && (event.ctrlKey || event.metaKey)) find("form.answer [data-key=enter]", task)?.click();
}

document.addEventListener("htmx:afterSwap", labels);
document.addEventListener("DOMContentLoaded", async () => {
  labels();
  await layoutAsk();
  labels();
});
