// All pages: times in the reader's zone, and which that is. Pages that poll: nothing changes under the eyes of somebody who reads it.

// The zone is the reader's, the way of writing the page's: English pages say 29 Nov 2026, as the server does.
const wayOfWriting = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

function localTimes() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const second = "seconds" in time.dataset ? "2-digit" : undefined;
    const day = "day" in time.dataset ? { day: "numeric", month: "short", year: "numeric" } : {};
    const zone = "bare" in time.dataset ? {} : { timeZoneName: "short" };
    const shown = new Date(time.dateTime).toLocaleString(wayOfWriting, { ...day, hour: "2-digit", minute: "2-digit", second, hourCycle: "h23", ...zone });
    if (time.textContent !== shown) time.textContent = shown;
  }
}

// Countries stand on the page in English: the browser knows them in the reader's language.
function localCountries() {
  const language = document.documentElement.lang;
  for (const list of document.querySelectorAll("select[data-countries]")) {
    if (language === "en") continue;
    const names = new Intl.DisplayNames([language], { type: "region" });
    const countries = [...list.options].filter((option) => option.value.length === 2);
    for (const option of countries) option.textContent = names.of(option.value);
    countries.sort((one, other) => one.textContent.localeCompare(other.textContent, language));
    list.options[0].after(...countries);
  }
}

// On a phone a row is a card: each cell has its column's head with it, unless the template gave it one.
function nameCells() {
  for (const table of document.querySelectorAll(".scroll > table:not(.confusion)")) {
    const heads = [...(table.tHead?.rows[0]?.cells ?? [])].flatMap((head) => [head.textContent.trim(), ...Array(head.colSpan - 1).fill("")]);
    for (const row of table.querySelectorAll("tbody > tr")) {
      let place = 0;
      for (const cell of row.cells) {
        if (cell.localName === "td") cell.dataset.t ??= heads[place] ?? "";
        place += cell.colSpan;
      }
    }
  }
}

const isRead = (part) =>
  part.querySelector("[popover]:popover-open") ||
  (!getSelection().isCollapsed && part.contains(getSelection().anchorNode));

document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.detail.elt;
  if (part.matches("[data-poll]") && (document.hidden || isRead(part))) event.preventDefault();
});

// What is on its way says so; what moves by itself does not, nor does an item to judge, which is there at once.
const isAsked = (event) => !event.detail.elt.matches("[data-poll]") && !document.body.matches(".screen");
document.addEventListener("htmx:beforeSend", (event) => {
  if (isAsked(event)) event.detail.target.setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:afterRequest", (event) => event.detail.target?.removeAttribute("aria-busy"));

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});
for (const local of [localTimes, localCountries, nameCells]) {
  document.addEventListener("htmx:afterSwap", local);
  local();
}

// Where copying is refused, as without HTTPS, the text is marked for Ctrl C.
for (const button of document.querySelectorAll("[data-copy-of]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.querySelector(button.dataset.copyOf);
    field.select();
    await navigator.clipboard?.writeText(field.value).then(() => { button.textContent = button.dataset.copied; }, () => {});
  });
}
