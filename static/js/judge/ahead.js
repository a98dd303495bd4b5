// The pictures of what probably comes next are fetched while this item is looked at; nothing else of it is.

import { find, task } from "./dom.js";

let fetched = []; // held, so that the browser keeps them decoded

export async function ahead() {
  const place = find("[data-ahead]", task);
  if (!place) return;
  try {
    const answer = await fetch(place.dataset.ahead, { headers: { Accept: "application/json" } });
    const { pictures } = await answer.json();
    fetched = pictures.map((address) => Object.assign(new Image(), { src: address }));
    for (const image of fetched) image.decode().catch(() => {});
  } catch {
    // Without them the next item only comes slower.
  }
}
