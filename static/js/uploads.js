// Files go to the server as soon as they are chosen or dropped, piece by piece; the server then says what each holds.

const PIECE = 4 * 1024 * 1024;
const WAITS = [0, 1000, 3000, 5000, 10000, 20000, 30000, 60000];
const form = document.getElementById("files");
const drop = form.querySelector(".drop");
const input = form.querySelector("[type=file]");
const sending = document.getElementById("sending");
const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
const inFlight = new Set();

const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
const idOf = (upload) => upload.url?.split("/").filter(Boolean).pop();

// What the server has refused it says in a line; of anything else only the connection is to blame.
function why(error) {
  const answer = error.originalResponse;
  const status = answer?.getStatus() ?? 0;
  if (status === 403 || (status >= 200 && status < 300)) return "You are signed out here: sign in again, then choose the file again.";
  if ([413, 422, 507].includes(status)) return `Not taken: ${answer.getBody()}.`;
  return "The connection broke, and trying again did not help. What came so far stays: choose the file again to go on.";
}

function isWorthAnother(error) {
  const status = error.originalResponse?.getStatus() ?? 0;
  return status === 0 || status === 400 || status === 409 || status === 423 || (status >= 500 && status !== 507);
}

// The list of what is here, as the server has it; what is still on its way stands in the list above.
// One after the other: of two requests at once for one place, one is dropped.
let looked = Promise.resolve();
function look() {
  looked = looked.then(async () => {
    await htmx.ajax("GET", form.dataset.here, { target: "#here", swap: "outerHTML" });
    for (const upload of inFlight) document.querySelector(`#here [data-upload="${idOf(upload)}"]`)?.remove();
  });
  return looked;
}

function element(name, more = {}, ...children) {
  const made = Object.assign(document.createElement(name), more);
  made.append(...children);
  return made;
}

function row(file) {
  const state = element("span", { className: "num" });
  state.setAttribute("role", "status");
  const meter = element("progress", { max: 100, value: 0 });
  meter.setAttribute("aria-label", `Upload of ${file.name}`);
  const stop = element("button", { type: "button", className: "quiet", textContent: "✕" });
  stop.setAttribute("aria-label", `Take away ${file.name}`);
  const made = element("li", {}, element("div", {}, element("b", { textContent: file.name })), element("div", { className: "small" }, meter, " ", state), element("div", { className: "choices" }, stop));
  sending.append(made);
  sending.hidden = false;
  const gone = () => { made.remove(); sending.hidden = !sending.children.length; };
  return { meter, stop, gone, say: (words) => { state.textContent = words; } };
}

function send(file) {
  const shown = row(file);
  const upload = new tus.Upload(file, {
    endpoint: form.dataset.uploads,
    chunkSize: PIECE,
    retryDelays: WAITS,
    headers: { "X-CSRFToken": token },
    metadata: { filename: file.name },
    removeFingerprintOnSuccess: true,
    fingerprint: async (file) => ["mindsite", file.name, file.size, file.lastModified].join("-"),
    onShouldRetry(error) {
      if (isWorthAnother(error)) shown.say("The connection broke. Trying again; what is there stays.");
      return isWorthAnother(error);
    },
    onProgress(sent, all) {
      shown.meter.value = (100 * sent) / all;
      shown.say(`${Math.floor((100 * sent) / all)} % of ${size(all)}`);
    },
    onError(error) {
      inFlight.delete(upload);
      shown.meter.remove();
      shown.say(why(error));
    },
    async onSuccess() {
      inFlight.delete(upload);
      await look();
      shown.gone();
    },
  });
  inFlight.add(upload);
  shown.stop.addEventListener("click", async () => {
    inFlight.delete(upload);
    await upload.abort(true).catch(() => {});
    shown.gone();
    await look();
    input.focus();
  });
  upload.findPreviousUploads().then((earlier) => {
    if (earlier.length) upload.resumeFromPreviousUpload(earlier[0]);
    upload.start();
  });
}

if (window.tus?.isSupported) {
  input.removeAttribute("name");
  const take = () => {
    [...input.files].forEach(send);
    input.value = "";
  };
  input.addEventListener("change", take);
  take(); // What was chosen while this file was still on its way told nobody.
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop") [...event.dataTransfer.files].forEach(send);
    });
  }
}
