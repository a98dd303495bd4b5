// What is really seen of the item: whether its pictures loaded and came into view, how large, enlarged or not, and for
// how long any of it was in view. Told with the answer.

import { answerForm, find, task } from "./dom.js";

const ENOUGH = 0.5; // of a picture's frame
let inView = new Set(); // parts of the item, while the page is in front
let figures = [];
let looks = []; // by figure: seen, width and height as largest, enlarged
let seconds = 0;
let since = null;
let observer = null;

const field = () => answerForm()?.elements.look;

// Called when the form stands, with what was kept of an earlier look at the same item.
export function seenAtItem() {
  observer?.disconnect();
  [inView, since, seconds] = [new Set(), null, 0];
  figures = [...task.querySelectorAll(".pair figure")];
  looks = figures.map(() => ({ seen: false, width: 0, height: 0, enlarged: false }));
  if (!field()) return;
  before(field().value);
  observer = new IntersectionObserver(came, { threshold: [0, ENOUGH] });
  for (const part of [...figures, ...task.querySelectorAll(".claim, .text")]) observer.observe(part);
}

function before(kept) {
  if (!kept) return;
  const told = JSON.parse(kept);
  seconds = told.in_view;
  looks = [told.left, told.right].map(({ picture, ...size }) => ({ seen: picture === "shown", ...size }));
}

function came(entries) {
  for (const { target, isIntersecting, intersectionRatio } of entries) {
    if (isIntersecting) inView.add(target);
    else inView.delete(target);
    if (isIntersecting && intersectionRatio >= ENOUGH) look(figures.indexOf(target));
  }
  count();
}

// Of the time since the last word all counts or nothing, by what was in view then.
function count() {
  const now = performance.now();
  if (since !== null) seconds += (now - since) / 1000;
  since = inView.size && !document.hidden ? now : null;
}

const imageOf = (place) => find("img", figures[place]);

function look(place) {
  if (place < 0 || document.hidden) return;
  const image = imageOf(place);
  if (!image) return;
  if (!image.complete) return image.addEventListener("load", () => inView.has(figures[place]) && look(place), { once: true });
  if (!image.naturalWidth) return;
  looks[place].seen = true;
  grown(place, image);
}

// As drawn, within its frame, in CSS pixels.
function grown(place, image) {
  const { width, height } = image.getBoundingClientRect();
  const scale = Math.min(width / image.naturalWidth, height / image.naturalHeight);
  const [drawnWidth, drawnHeight] = [Math.round(scale * image.naturalWidth), Math.round(scale * image.naturalHeight)];
  if (drawnWidth > looks[place].width) Object.assign(looks[place], { width: drawnWidth, height: drawnHeight });
}

export function seenEnlarged(figure, image) {
  const place = figures.indexOf(figure);
  if (place < 0) return;
  Object.assign(looks[place], { seen: true, enlarged: true });
  if (image.complete && image.naturalWidth) grown(place, image);
  else image.addEventListener("load", () => grown(place, image), { once: true });
}

function pictureOf(place) {
  const image = imageOf(place);
  if (!image) return "none";
  if (!image.complete) return "late";
  if (!image.naturalWidth) return "failed";
  return looks[place].seen ? "shown" : "unseen";
}

function deviceOf() {
  if (!matchMedia("(pointer: coarse)").matches) return "desktop";
  return Math.min(screen.width, screen.height) < 600 ? "phone" : "tablet";
}

const told = (place) => {
  const { seen, ...size } = looks[place];
  return { picture: pictureOf(place), ...size };
};

// Before the form is kept or sent.
function tell() {
  if (!field() || looks.length !== 2) return;
  count();
  const orientation = matchMedia("(orientation: portrait)").matches ? "portrait" : "landscape";
  field().value = JSON.stringify({ left: told(0), right: told(1), in_view: seconds, device: deviceOf(), orientation });
}

for (const moment of ["change", "input", "submit"]) document.addEventListener(moment, tell, true);
document.addEventListener("visibilitychange", count);
