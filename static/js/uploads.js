// Files go to the server as soon as they are chosen, piece by piece; the form then only names them.

const PIECE = 4 * 1024 * 1024;
const WAITS = [0, 1000, 3000, 5000, 10000, 20000, 30000, 60000];
const form = document.getElementById("files");
const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
const sending = new Set();

const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

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

function attach(part) {
  const [input, named] = part.querySelectorAll("input");
  const state = part.querySelector("[role=status]");
  const stop = part.querySelector("[data-stop]");
  let upload = null;
  const say = (words) => { state.textContent = words; };
  input.removeAttribute("name");
  stop.hidden = !named.value;

  function end(words) {
    sending.delete(part);
    say(words);
  }

  function send(file) {
    named.value = "";
    stop.hidden = false;
    sending.add(part);
    upload = new tus.Upload(file, {
      endpoint: form.dataset.uploads,
      chunkSize: PIECE,
      retryDelays: WAITS,
      headers: { "X-CSRFToken": token },
      metadata: { filename: file.name, part: part.dataset.part },
      removeFingerprintOnSuccess: true,
      fingerprint: async (file) => ["mindsite", part.dataset.part, file.name, file.size, file.lastModified].join("-"),
      onShouldRetry(error) {
        if (isWorthAnother(error)) say("The connection broke. Trying again; what is there stays.");
        return isWorthAnother(error);
      },
      onProgress: (sent, all) => say(`${file.name}: ${Math.floor((100 * sent) / all)} % of ${size(all)}`),
      onError: (error) => end(why(error)),
      onSuccess() {
        named.value = upload.url.split("/").filter(Boolean).pop();
        end(`${file.name} is here (${size(file.size)}).`);
      },
    });
    upload.findPreviousUploads().then((earlier) => {
      if (earlier.length) upload.resumeFromPreviousUpload(earlier[0]);
      upload.start();
    });
  }

  input.addEventListener("change", async () => {
    if (upload && sending.has(part)) await upload.abort();
    if (input.files.length) send(input.files[0]);
    const zip = form.querySelector("[name=images][value=zip]");
    if (part.dataset.part === "pictures" && input.files.length) zip.checked = true;
  });
  stop.addEventListener("click", async () => {
    if (upload) await upload.abort(true).catch(() => {});
    input.value = named.value = "";
    stop.hidden = true;
    end("");
    input.focus();
  });
}

if (window.tus?.isSupported) {
  form.querySelectorAll("[data-part]").forEach(attach);
  form.addEventListener("submit", (event) => {
    if (!sending.size) return;
    event.preventDefault();
    const state = [...sending][0].querySelector("[role=status]");
    if (!state.textContent.endsWith("wait.")) state.textContent += " Not all of it is here yet: please wait.";
  });
}
