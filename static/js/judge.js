// The judging page: keys, enlarged pictures, safe sending. Without this file it is plain forms and links.
// A key belongs to the element that prints it (data-key); the innermost open layer has the keys.

const KEEP = "mindsite";
const WAITS = [2, 4, 8, 15, 30]; // seconds before the next try
const task = document.getElementById("task");
const find = (selector, root = document) => root.querySelector(selector);
const answerForm = () => find("form.answer", task);
const skipPanel = () => find("#skip", task);

/* Keys */

const isTyping = (element) => element.matches("textarea, select, [contenteditable], input:not([type=radio])");

function keyLayer() {
  return find("dialog[open]") ?? find("#skip.open");
}

function elementFor(key) {
  const layer = keyLayer();
  const elements = [...(layer ?? document).querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
  return layer ? elements[0] : elements.find((element) => !element.closest("dialog, #skip"));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
  const key = event.key.toLowerCase();
  if (key === "enter" && (event.repeat || event.target.closest("a, button, summary"))) return;
  const zoom = find("#zoom[open]");
  if (zoom && (key === "a" || key === "b")) return zoomKey(zoom, key);
  const element = elementFor(key);
  if (!element) return;
  event.preventDefault();
  element.click();
  if (element.type === "radio") element.focus({ preventScroll: true });
});

/* Dialogs: guidelines, pause, enlarged picture */

function zoomShow(link) {
  const dialog = find("#zoom");
  find("img", dialog).src = link.href;
  find("#zoom-title").textContent = `${link.dataset.letter}: ${link.dataset.title}`;
  dialog.dataset.shown = link.dataset.key;
  if (!dialog.open) dialog.showModal();
}

function zoomKey(dialog, key) {
  const link = find(`[data-zoom][data-key="${key}"]`, task);
  if (key === dialog.dataset.shown || !link) dialog.close();
  else zoomShow(link);
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a link opened beside
  const link = event.target.closest("[data-zoom], [data-open], [data-close], [href='#skip'], #skip [href='#task'], [data-resend]");
  const dialog = event.target.closest("dialog");
  if (!link && (dialog?.id === "zoom" || event.target === dialog)) dialog.close();
  if (!link) return;
  event.preventDefault();
  if (link.matches("[data-zoom]")) zoomShow(link);
  else if (link.matches("[data-open]")) document.getElementById(link.dataset.open).showModal();
  else if (link.matches("[data-close]")) dialog.close();
  else if (link.matches("[data-resend]")) resend();
  else skipToggle(link.matches("[href='#skip']"));
});

function skipToggle(open) {
  skipPanel().classList.toggle("open", open);
  (open ? find("#skip-title") : find("h1", task)).focus({ preventScroll: !open });
}

/* Answers: complete, kept on this device until the server has them */

function secondQuestion(form) {
  const later = find("[data-after-yes]", form);
  const first = find("[name=plausibility]:checked", form);
  if (later) later.disabled = Boolean(first) && first.value !== form.dataset.yes;
}

function unanswered(form) {
  const open = [...form.querySelectorAll("fieldset:enabled")].filter((group) => !find(":checked", group));
  return open.map((group) => find("legend", group).textContent.trim());
}

const keepName = (form) => `${KEEP}:${task.dataset.user}:${form.dataset.keep}`;

function store(action, name, value) {
  try {
    return localStorage[action](name, value);
  } catch {
    return null; // storage may be switched off or full: the form itself still has the answers
  }
}

function keep(form, unsent = false) {
  const values = Object.fromEntries(new FormData(form));
  delete values.csrfmiddlewaretoken;
  store("setItem", keepName(form), JSON.stringify({ values, unsent }));
}

function restore(form) {
  const kept = JSON.parse(store("getItem", keepName(form)) ?? "null");
  if (!kept) return;
  for (const [name, value] of Object.entries(kept.values)) {
    const field = form.elements[name];
    if (field) field.value = value; // the submission id too: a repeated send stays the same judgment
  }
  if (kept.unsent) trouble("restored");
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form.answer");
  if (!form) return;
  secondQuestion(form);
  find(".say", form).textContent = "";
  keep(form);
});

// Before htmx sees it: an incomplete form says what is missing and is not sent.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form.answer");
  const missing = form ? unanswered(form) : [];
  if (!missing.length) return;
  event.preventDefault();
  event.stopPropagation();
  const say = find(".say", form);
  say.textContent = `${say.dataset.missing} ${missing.join(" ")}`;
}, true);

/* Sending: when it fails, say so, keep the answers, send the same again */

let unsent = null; // { form, submitter }
let tries = 0;
let countdown;

function trouble(kind) {
  const place = find(".trouble", task);
  place?.replaceChildren(document.getElementById(`trouble-${kind}`).content.cloneNode(true));
}

function calm() {
  clearInterval(countdown);
  unsent = null;
  tries = 0;
}

function resend() {
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
  if (form.tagName !== "FORM" || !task.contains(form)) return;
  unsent = { form, submitter: triggeringEvent?.submitter };
  skipPanel()?.classList.remove("open");
  if (form.matches(".answer")) keep(form, true);
  trouble(kind);
  find(".trouble", task)?.scrollIntoView({ block: "nearest" });
  if (kind === "offline" || kind === "server") resendLater();
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

/* Each new piece of the task */

function pictureMissing(image) {
  image.closest("figure")?.classList.add("missing");
}

task.addEventListener("error", (event) => event.target.matches("figure img") && pictureMissing(event.target), true);

function setUp() {
  for (const image of task.querySelectorAll("figure img")) {
    if (image.complete && !image.naturalWidth) pictureMissing(image);
  }
  const form = answerForm();
  if (!form) return;
  form.noValidate = true; // the page says it in its own words
  restore(form);
  secondQuestion(form);
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== task) return;
  const sent = event.detail.requestConfig.elt;
  if (sent.matches("[data-keep]") && sent.dataset.keep !== answerForm()?.dataset.keep) store("removeItem", keepName(sent));
  calm();
  setUp();
  const isNewItem = !find(".reveal", task);
  if (isNewItem) window.scrollTo(0, 0);
  find("[data-focus]", task)?.focus({ preventScroll: isNewItem });
});

setUp();
