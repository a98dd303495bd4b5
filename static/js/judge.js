// The judging page. Without this file it is plain forms and links; each part below stands for itself.

import { ahead } from "./judge/ahead.js";
import { answerForm, find, task } from "./judge/dom.js";
import "./judge/keys.js";
import { forget, keep, restore } from "./judge/keep.js";
import { commentToggle, secondQuestion } from "./judge/panels.js";
import { pictures } from "./judge/pictures.js";
import { atItem } from "./judge/presence.js";
import { seenAtItem } from "./judge/look.js";
import { calm, sendAgain, sendStale, staleArrived } from "./judge/sending.js";

function setUp() {
  pictures();
  ahead();
  const form = answerForm();
  if (!form) return;
  form.noValidate = true; // the page says it in its own words
  const unsent = restore(form);
  atItem();
  seenAtItem();
  secondQuestion(form);
  if (unsent) sendAgain(form, unsent);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form.answer");
  if (!form) return;
  secondQuestion(form);
  find(".say", form).textContent = "";
  keep(form);
  if (event.target.matches("[name=answer][value=wrong]")) reasonsShow();
});

function reasonsShow() {
  find("#wrong-title").focus({ preventScroll: true });
  find(".wrong", task).scrollIntoView({ block: "nearest" });
}

document.addEventListener("input", (event) => {
  if (event.target.matches("form.answer textarea")) keep(event.target.form);
});

// htmx tells of each element that goes, one by one: with what is gone before, the next item stands some 10 ms sooner.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target === task && event.detail.shouldSwap) task.replaceChildren();
});

document.addEventListener("htmx:afterSwap", (event) => {
  calm(event.detail.requestConfig.elt);
  staleArrived(event.detail.requestConfig.elt);
  if (event.detail.target.matches(".trouble")) event.detail.target.scrollIntoView({ block: "nearest" });
  if (event.detail.target !== task) return;
  forget(event.detail.requestConfig.elt);
  commentToggle(false);
  setUp();
  const isNewItem = !find(".reveal", task);
  if (isNewItem) window.scrollTo(0, 0);
  find("[data-focus]", task)?.focus({ preventScroll: isNewItem });
});

// htmx binds the forms at this same event, before: a form that is sent again is sent by it.
document.addEventListener("DOMContentLoaded", () => {
  setUp();
  sendStale();
});
