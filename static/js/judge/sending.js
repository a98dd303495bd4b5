// When sending fails: say so, keep the answers, send the same again, later and later.

import { answerForm, find, skipPanel, task } from "./dom.js";
import { drop, keep, stale } from "./keep.js";

const WAITS = [2, 4, 8, 15, 30]; // seconds before the next try
let unsent = null; // { form, submitter }
let tries = 0;
let countdown;

function trouble(kind) {
  find(".trouble", task)?.replaceChildren(document.getElementById(`trouble-${kind}`).content.cloneNode(true));
}

// The server has answered what was sent; an answer to something else leaves the trouble as it is.
export function calm(sent) {
  if (unsent && sent !== unsent.form && unsent.form.isConnected) return;
  clearInterval(countdown);
  unsent = null;
  tries = 0;
}

export function resend() {
  clearInterval(countdown);
  unsent?.form.requestSubmit(unsent.submitter);
}

function resendLater() {
  let left = WAITS[Math.min(tries, WAITS.length - 1)];
  tries += 1;
  const place = find(".trouble", task);
  find("[data-try]", place).textContent = tries;
  find("[data-wait]", place).textContent = left;
  clearInterval(countdown);
  countdown = setInterval(() => {
    left -= 1;
    find("[data-wait]", place).textContent = left;
    if (left <= 0) resend();
  }, 1000);
}

function failed(event, kind) {
  const { elt: form, triggeringEvent } = event.detail.requestConfig;
  if (kind === "session") trouble(kind);
  if (form.tagName !== "FORM" || !task.contains(form)) return;
  unsent = { form, submitter: triggeringEvent?.submitter };
  skipPanel()?.classList.remove("open");
  if (form.matches(".answer")) keep(form, kind, unsent.submitter);
  trouble(kind);
  find(".trouble", task)?.scrollIntoView({ block: "nearest" });
  if (kind === "offline" || kind === "server") resendLater();
}

// After a reload: what had been sent is sent again; after signing in again it is only shown.
export function sendAgain(form, { unsent: kind, values }) {
  trouble("restored");
  const reason = values.reason && find(`button[name=reason][value="${CSS.escape(values.reason)}"]`, form);
  if (kind === "offline" || kind === "server") form.requestSubmit(reason || find("button.primary", form));
}

// The answer to an earlier item that never arrived: either it had, or the server offers the item once more.
let stalest = null;

export function sendStale() {
  stalest = stale(answerForm());
  if (!stalest) return;
  const { action, values } = stalest;
  htmx.ajax("POST", action, { source: task, target: "#task", swap: "innerHTML", values });
}

export function staleArrived(sent) {
  if (sent === task && stalest) drop(stalest.name);
}

document.addEventListener("htmx:sendError", (event) => failed(event, "offline"));
document.addEventListener("htmx:timeout", (event) => failed(event, "offline"));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  failed(event, status >= 500 || status === 429 ? "server" : status === 401 || status === 403 ? "session" : "refused");
});
window.addEventListener("online", resend);

document.addEventListener("htmx:beforeSwap", (event) => {
  const landed = new URL(event.detail.xhr.responseURL || location.href).pathname;
  if (landed !== task.dataset.login) return;
  event.detail.shouldSwap = false; // the session has ended: the answer is the sign-in page
  failed(event, "session");
});
