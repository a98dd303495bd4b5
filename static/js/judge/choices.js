// Own keys: each can be another one, or all single keys off. Kept on this device.

import { find, task } from "./dom.js";
import { nameToStore, printedOn } from "./layout.js";

const PLACE = `mindsite:keys:${task.dataset.user}`;
const dialog = find("#keys");
const say = find(".say", dialog);
let chosen = read(); // { off, keys: { name: key } }
let waiting = null; // the button whose key is being chosen

function read() {
  try {
    return { off: false, keys: {}, ...JSON.parse(localStorage.getItem(PLACE) ?? "{}") };
  } catch {
    return { off: false, keys: {} }; // storage may be switched off: then they hold for this page
  }
}

function keep() {
  try {
    localStorage.setItem(PLACE, JSON.stringify(chosen));
  } catch {
    // as above
  }
  labels();
}

const keyOf = (name) => chosen.keys[name] ?? name;

// What is meant by a key's name: nothing where it was given away, or single keys are off.
export function meant(key) {
  if ([...key].length > 1) return key;
  if (chosen.off) return null;
  const name = Object.keys(chosen.keys).find((each) => chosen.keys[each] === key);
  return name ?? (chosen.keys[key] ? null : key);
}

// Each key as the keyboard has it.
export function labels() {
  document.body.classList.toggle("no-keys", chosen.off);
  for (const kbd of document.querySelectorAll("kbd")) {
    kbd.dataset.of ??= kbd.textContent.toLowerCase();
    if (/^[a-z0-9?]$/.test(kbd.dataset.of)) kbd.textContent = printedOn(keyOf(kbd.dataset.of)).toUpperCase();
  }
}

// True where the press was a choice and nothing else.
export function choosing(event) {
  if (!waiting || event.repeat || ["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock"].includes(event.key)) return false;
  const [button, key] = [waiting, nameToStore(event)];
  waiting = null;
  say.textContent = "";
  if (event.key === "Tab") return false;
  event.preventDefault();
  if (event.key !== "Escape") choose(button, key);
  return true;
}

function choose(button, key) {
  const taken = [...dialog.querySelectorAll("[data-remap]")].find((each) => each !== button && keyOf(each.dataset.remap) === key);
  if ([...key].length > 1 || key === " ") say.textContent = say.dataset.odd;
  else if (taken) say.textContent = `${say.dataset.taken} ${taken.dataset.words}`;
  else {
    chosen.keys[button.dataset.remap] = key;
    if (key === button.dataset.remap) delete chosen.keys[key];
    keep();
    say.textContent = say.dataset.kept;
  }
}

dialog.addEventListener("click", (event) => {
  const button = event.target.closest("[data-remap], [data-keys-reset]");
  if (!button) return;
  waiting = button.matches("[data-remap]") ? button : null;
  say.textContent = waiting ? `${button.dataset.words}: ${say.dataset.press}` : say.dataset.kept;
  if (!waiting) chosen.keys = {};
  keep();
});

find("[data-keys-off]", dialog).addEventListener("change", (event) => {
  chosen.off = event.target.checked;
  keep();
});
find("[data-keys-off]", dialog).checked = chosen.off;
