// Enlarged pictures: key or click opens, wheel and pinch enlarge further, dragging moves, Esc closes.

import { find, task } from "./dom.js";
import { seenEnlarged } from "./look.js";

const MOST = 8;
const dialog = find("#zoom");
const view = find(".view", dialog);
const image = find("img", dialog);
const pointers = new Map();
let scale = 1;
let x = 0;
let y = 0;

function draw() {
  image.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
}

function reset() {
  [scale, x, y] = [1, 0, 0];
  pointers.clear();
  draw();
}

// The point under the pointer or between the fingers stays where it is.
function enlarge(factor, clientX, clientY) {
  const box = view.getBoundingClientRect();
  const [px, py] = [clientX - box.left - box.width / 2, clientY - box.top - box.height / 2];
  const next = Math.min(MOST, Math.max(1, scale * factor));
  x = px - ((px - x) * next) / scale;
  y = py - ((py - y) * next) / scale;
  scale = next;
  if (scale === 1) [x, y] = [0, 0];
  draw();
}

export function zoomShow(link) {
  reset();
  image.src = link.href;
  find("#zoom-title").textContent = `${link.dataset.letter}: ${link.dataset.title}`;
  dialog.dataset.shown = link.dataset.key;
  if (!dialog.open) dialog.showModal();
  seenEnlarged(link.closest("figure"), image);
}

export function zoomKey(key) {
  const box = view.getBoundingClientRect();
  const middle = [box.left + box.width / 2, box.top + box.height / 2];
  if (key === "+" || key === "-") enlarge(key === "+" ? 1.5 : 1 / 1.5, ...middle);
  else if (key === "a" || key === "b") zoomOther(key);
  else return false;
  return true;
}

function zoomOther(key) {
  const link = find(`[data-zoom][data-key="${key}"]`, task);
  if (key === dialog.dataset.shown || !link) dialog.close();
  else zoomShow(link);
}

view.addEventListener("wheel", (event) => {
  event.preventDefault();
  enlarge(Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 400)), event.clientX, event.clientY);
}, { passive: false });

const middleOf = (points) => [(points[0].clientX + points[1].clientX) / 2, (points[0].clientY + points[1].clientY) / 2];
const gapOf = (points) => Math.hypot(points[0].clientX - points[1].clientX, points[0].clientY - points[1].clientY);

view.addEventListener("pointerdown", (event) => {
  pointers.set(event.pointerId, event);
  view.setPointerCapture(event.pointerId);
});

view.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const gap = pointers.size === 2 ? gapOf([...pointers.values()]) : 0;
  pointers.set(event.pointerId, event);
  if (gap) {
    const points = [...pointers.values()];
    enlarge(gapOf(points) / gap, ...middleOf(points));
  } else if (scale > 1) {
    x += event.clientX - before.clientX;
    y += event.clientY - before.clientY;
    draw();
  }
});

for (const end of ["pointerup", "pointercancel"]) view.addEventListener(end, (event) => pointers.delete(event.pointerId));

// A click beside or on a picture at its first size closes; on an enlarged one it may have been a drag.
dialog.addEventListener("click", (event) => {
  if (!event.target.closest("a") && (scale === 1 || !view.contains(event.target))) dialog.close();
});
