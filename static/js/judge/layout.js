// What a key is called here, whichever keyboard it lies on, and what that keyboard prints on it.

const LETTER = /\p{L}/u;
const LATIN = /\p{Script=Latin}/u;
const OTHER_DIGIT = /^\p{Nd}$/u;
const OTHER_MARKS = { "؟": "?", "？": "?" };
let printed = new Map(); // by the key's place, as far as the browser tells or presses have shown

const isForeign = (key) => (LETTER.test(key) && !LATIN.test(key)) || OTHER_DIGIT.test(key);

// The name of the place: of digits always (a French keyboard wants Shift for them), of letters where another script
// or an input method has the key. A Latin letter is meant as it is printed, wherever it lies.
function nameOfPlace(event) {
  const digit = event.code.match(/^(?:Digit|Numpad)(\d)$/);
  if (digit && !event.shiftKey) return digit[1];
  const letter = event.code.match(/^Key([A-Z])$/);
  return letter && (event.key.length !== 1 || isForeign(event.key)) ? letter[1].toLowerCase() : null;
}

// First what is printed, then where it lies.
export function namesOf(event) {
  const key = event.key.toLowerCase();
  return [OTHER_MARKS[key] ?? key, nameOfPlace(event)].filter(Boolean);
}

// The one name that a choice is kept under.
export function nameToStore(event) {
  const [key, place] = namesOf(event);
  return isForeign(event.key) && place ? place : key;
}

export function printedOn(name) {
  const there = printed.get(/\d/.test(name) ? `Digit${name}` : `Key${name.toUpperCase()}`);
  const isElsewhere = [...printed.values()].includes(name);
  return there && !isElsewhere && isForeign(there) ? there : name;
}

export async function layoutAsk() {
  try {
    printed = new Map(await navigator.keyboard.getLayoutMap());
  } catch {
    printed = new Map(); // most browsers don't tell; presses will show
  }
}

// Whether the press has shown something new of the keyboard, such as another layout.
export async function layoutLearn(event) {
  const key = event.key.toLowerCase();
  if (event.shiftKey || !/^(Key|Digit)/.test(event.code) || key.length > 2) return false;
  if (printed.get(event.code) === key) return false;
  await layoutAsk();
  if (printed.get(event.code) !== key && isForeign(key) !== [...printed.values()].some(isForeign)) printed.clear();
  printed.set(event.code, key);
  return true;
}
