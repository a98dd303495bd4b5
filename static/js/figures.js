// A study's dashboard. Without this file the panels are links to pages of their own, and the threshold is a form.

const find = (selector, within = document) => within.querySelector(selector);
const percent = (share, digits) => `${(100 * share).toFixed(digits)} %`;
const kept = new Map(); // by panel: which tables are open, and where the slider stands

function place(slides, at, curve = JSON.parse(slides.dataset.curve)[Math.round(at * 100)]) {
  const x = `${9 + 89 * at}%`;
  const marker = find("line.follows", slides);
  marker.setAttribute("x1", x);
  marker.setAttribute("x2", x);
  const words = String(Number(at.toFixed(3)));
  find("[data-at]", slides).textContent = words;
  find("#strictness-to", slides)?.setAttribute("value", words);
  const [top, foot] = ["y1", "y2"].map((end) => Number(marker.getAttribute(end)));
  const circles = slides.querySelectorAll("svg.p-chart > circle");
  slides.querySelectorAll("[data-reads]").forEach((read, i) => {
    const [value, low, high] = curve[i];
    circles[i].setAttribute("cx", x);
    circles[i].setAttribute("cy", foot - (foot - top) * (value ?? 0));
    circles[i].classList.toggle("gone", value === null);
    find("strong", read).textContent = value === null ? "–" : percent(value, 1);
    find("dd .muted", read).textContent =
      value === null ? "too few items are kept" : low === null ? "counted over the whole run, not estimated" : `${(100 * low).toFixed(0)}–${percent(high, 0)}`;
  });
}

document.addEventListener("input", (event) => {
  if (event.target.id === "strict") place(event.target.closest(".slides"), Number(event.target.value));
});

document.addEventListener("click", (event) => {
  const to = event.target.closest("[data-goto]");
  if (!to) return;
  const slides = to.closest(".slides");
  find("#strict", slides).value = to.dataset.goto;
  place(slides, Number(to.dataset.goto), JSON.parse(to.dataset.atIt));
});

// The slider does not submit where there are scripts.
document.addEventListener("submit", (event) => {
  if (event.target.matches(".slider")) event.preventDefault();
});

const isUsed = (panel) => panel.contains(document.activeElement) && document.activeElement.matches("input, select");

document.addEventListener("htmx:beforeRequest", (event) => {
  const panel = event.detail.elt;
  if (panel.matches(".panel[data-poll]") && isUsed(panel)) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const panel = event.detail.target;
  if (!panel.matches(".panel[data-poll]")) return;
  const slider = find("#strict", panel);
  const moved = slider && slider.value !== slider.defaultValue ? slider.value : null;
  const open = [...panel.querySelectorAll("details[open]")].map((details) => details.id);
  kept.set(panel.id, { open, moved, focus: panel.contains(document.activeElement) && document.activeElement.id });
});

document.addEventListener("htmx:afterSettle", () => {
  for (const [id, { open, moved, focus }] of kept) {
    for (const details of open) find(`#${details}`)?.setAttribute("open", "");
    const slider = moved && find(`#${id} #strict`);
    if (slider) {
      slider.value = moved;
      place(slider.closest(".slides"), Number(moved));
    }
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  }
  kept.clear();
});

function failed(event) {
  const panel = event.detail.elt.closest(".panel.waiting");
  if (panel) find(".failed", panel).hidden = false;
}
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, failed);
