// Answers are kept on this device until the server has them: by person and item, with the id of their submission.

import { task } from "./dom.js";

const PREFIX = `mindsite:${task.dataset.user}:`;
const keepName = (form) => PREFIX + form.dataset.keep;

function store(action, name, value) {
  try {
    return action === "length" ? localStorage.length : localStorage[action](name, value);
  } catch {
    return null; // storage may be switched off or full: the form itself still has the answers
  }
}

const read = (name) => JSON.parse(store("getItem", name) ?? "null");

// `unsent` says why what was sent has not arrived: offline, server, session, refused.
export function keep(form, unsent = "", submitter = null) {
  if (!form.dataset.keep) return;
  const values = Object.fromEntries(new FormData(form, submitter));
  delete values.csrfmiddlewaretoken;
  store("setItem", keepName(form), JSON.stringify({ values, unsent, action: form.getAttribute("action") }));
}

export function restore(form) {
  const kept = form.dataset.keep && read(keepName(form));
  if (!kept) return null;
  for (const [name, value] of Object.entries(kept.values)) {
    const field = form.elements[name];
    if (field && name !== "ticket") field.value = value; // the submission too: sent again it stays the same judgment
  }
  return kept.unsent ? kept : null;
}

// What the server has answered is dropped, unless the answer is the same form again.
export function forget(sent) {
  const stillAsked = sent.dataset.keep && task.querySelector(`form.answer[data-keep="${sent.dataset.keep}"]`);
  if (sent.dataset.keep && !stillAsked) drop(keepName(sent));
}

export const drop = (name) => store("removeItem", name);

// An answer to another item of this study that was sent and did not arrive.
export function stale(current) {
  const study = location.pathname.match(/^.*\/judge\/\d+\//)?.[0];
  const names = Array.from({ length: store("length") ?? 0 }, (_, i) => store("key", i));
  const others = names.filter((name) => name.startsWith(PREFIX) && name !== (current && keepName(current)));
  const kept = others.map((name) => ({ name, ...read(name) }));
  return kept.find(({ unsent, action }) => unsent && action?.startsWith(study));
}
