// Pages that follow a run or a study by polling: nothing changes under the eyes of somebody who reads it.

const isRead = (part) =>
  part.querySelector("[popover]:popover-open") ||
  (!getSelection().isCollapsed && part.contains(getSelection().anchorNode));

document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.detail.elt;
  if (part.matches("[data-poll]") && (document.hidden || isRead(part))) event.preventDefault();
});

// What the reader has unfolded stays unfolded in the newer version.
let unfolded = [];

document.addEventListener("htmx:beforeSwap", (event) => {
  unfolded = [...event.detail.target.querySelectorAll("details[open][id]")].map((details) => details.id);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
});
