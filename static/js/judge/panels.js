// What opens and closes: guidelines, pause, enlarged picture, skip, comment; and which questions are asked.

import { find, skipPanel, task } from "./dom.js";
import { resend } from "./sending.js";
import { zoomShow } from "./zoom.js";

const LINKS = "[data-zoom], [data-open], [data-close], [data-comment], [data-copy], [href='#skip'], #skip [href='#task'], [data-resend]";

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a link opened beside
  const link = event.target.closest(LINKS);
  if (!link) return event.target.matches("dialog:not(#zoom)") && event.target.close();
  event.preventDefault();
  if (link.matches("[data-zoom]")) zoomShow(link);
  else if (link.matches("[data-open]")) dialogOpen(document.getElementById(link.dataset.open));
  else if (link.matches("[data-close]")) link.closest("dialog").close();
  else if (link.matches("[data-comment]")) commentToggle(true);
  else if (link.matches("[data-copy]")) copy(link);
  else if (link.matches("[data-resend]")) resend();
  else skipToggle(link.matches("[href='#skip']"));
});

function dialogOpen(dialog) {
  dialog.showModal();
  const told = find("[hx-trigger=opened]", dialog);
  if (told) htmx.trigger(told, "opened");
}

async function copy(button) {
  if (!navigator.clipboard) return getSelection().selectAllChildren(find(".code")); // only there over HTTPS or at home
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = button.dataset.copied;
}

function skipToggle(open) {
  skipPanel().classList.toggle("open", open);
  (open ? find("#skip-title") : find("h1", task)).focus({ preventScroll: !open });
}

export function commentToggle(open) {
  const comment = find("#comment", task);
  comment?.classList.toggle("open", open);
  if (open) find("textarea", comment).focus();
}

export function commentLeave(field) {
  if (!field.value) commentToggle(false);
  find("h1", task).focus({ preventScroll: true });
}

export function secondQuestion(form) {
  const later = find("[data-after-yes]", form);
  const first = find("[name=plausibility]:checked", form);
  if (later) later.disabled = Boolean(first) && first.value !== form.dataset.yes;
}

function unanswered(form) {
  const open = [...form.querySelectorAll("fieldset:enabled")].filter((group) => !find(":checked", group));
  return open.map((group) => find("legend", group).textContent.trim());
}

// Before htmx sees it: an incomplete form says what is missing and is not sent.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form.answer");
  const missing = form ? unanswered(form) : [];
  if (!missing.length) return;
  event.preventDefault();
  event.stopPropagation();
  const say = find(".say", form);
  say.textContent = `${say.dataset.missing} ${missing.join(" ")}`;
  say.classList.add("error");
}, true);
