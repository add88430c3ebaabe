// What a draft's bytes say, read in the page, so that an officer sees what is signed and not what a server says of it.
//
// Rules of this file: the names are those of spec 3.4 (a test holds them to it); nothing is left out of what is shown;
// what has no name here is shown by its number. The reader's words for names, and the lines' names, come from the page;
// a line's number, which is what the bytes hold, stands beside its name.

import { decode, toHex } from "./cbor.js";

const MOVED = {
  0: "line", 1: "lane", 2: "number", 4: "precedence", 5: "due_s", 6: "action", 7: "info", 9: "exercise",
  10: "language", 11: "translation_of", 12: "corrects", 13: "answers",
};

export const KINDS = {
  1: ["message", { ...MOVED, 3: "text" }],
  3: ["suspend", { 1: "scope", 2: "from_s", 3: "reason" }],
  4: ["propose", { 1: "scope", 2: "effective_s", 3: "lists" }],
  5: ["accept", { 1: "target", 2: "ed25519", 3: "mldsa44" }],
  6: ["withdraw", { 1: "target" }],
  7: ["receipt", { 0: "gen", 1: "seq", 2: "level", 3: "officer" }],
  8: ["announce", { 1: "texts", 2: "ed25519", 3: "mldsa44" }],
  13: ["amend", {
    0: "line", 1: "effective_s", 2: "check_ins", 3: "carriers", 4: "expires_s", 5: "holidays", 6: "pulse_s",
  }],
  15: ["document", { ...MOVED, 16: "size", 17: "digest", 18: "title" }],
  16: ["notice", { ...MOVED, 14: "form", 15: "fields" }],
  20: ["minute", { 1: "texts", 2: "ed25519", 3: "mldsa44", 4: "call_id" }],
};

const WORDS = {
  lane: ["liaison", "safety"],
  precedence: ["routine", "priority", "immediate", "flash"],
  level: ["pages", "shown", "acknowledged"],
};
const MOMENTS = new Set(["effective_s", "from_s", "expires_s"]);
const DAYS = ["working days", "daily"];
const SPANS = new Set(["due_s", "pulse_s"]);
const SHOWN_BYTES = 32;

/** The kind of an act and its fields, each as a name and a text. `words`: the reader's for the names of kinds and
 *  fields; `lines`: the names of the accord's lines. Throws TypeError where `body` is no [kind, body]. */
export function readAct(body, words = {}, lines = []) {
  const pair = decode(body);
  const [kind, fields] = Array.isArray(pair) && pair.length === 2 ? pair : [];
  if (typeof kind !== "number" || !(fields === null || fields instanceof Map)) throw new TypeError("no kind and body");
  const [name, names] = KINDS[kind] ?? [`kind ${kind}`, {}];
  const rows = [...(fields ?? [])].map(([key, value]) => {
    const called = names[key] ?? `field ${key}`;
    return [words[called] ?? called, told(called, value, lines, words)];
  });
  return { kind: words[name] ?? name, rows };
}

/** A line by its name and the number that the bytes hold. */
function lineTold(number, lines, words) {
  const numbered = `${words["line #"] ?? "line"} ${number}`;
  return lines[number] ? `${lines[number]} (${numbered})` : numbered;
}

/** A span of time as people say it, in the reader's language, with the seconds that the bytes hold. */
function spanTold(seconds) {
  const exact = `${seconds} s`;
  if (seconds < 60 || !Intl.DurationFormat) return exact;
  const minutes = Math.floor(seconds / 60);
  const parts = { days: Math.floor(minutes / 1440), hours: Math.floor(minutes / 60) % 24, minutes: minutes % 60 };
  const words = new Intl.DurationFormat(globalThis.document?.documentElement.lang || "en", { style: "long" });
  return `${words.format({ ...parts, seconds: seconds % 60 })} (${exact})`;
}

/** A check-in: second of the day, caller, days, zone; whatever is otherwise is told as it is. */
function checkInTold(item, words) {
  const [second, caller, days, zone] = Array.isArray(item) ? item : [];
  if (item.length !== 4 || typeof second !== "number" || second >= 86400 || !DAYS[days]) return told("", item, [], words);
  const clock = [second / 3600, (second / 60) % 60, second % 60].map((each) => String(Math.floor(each)).padStart(2, "0"));
  const calls = words.calls?.[caller] ?? `side ${caller} calls`;
  return `${clock.join(":")} ${zone}, ${words[DAYS[days]] ?? DAYS[days]}, ${calls}`;
}

function told(name, value, lines, words) {
  const word = WORDS[name]?.[value];
  if (word) return words[word] ?? word;
  if (MOMENTS.has(name) && typeof value === "number" && value <= 8.64e12) {
    return new Date(value * 1000).toISOString().replace(".000Z", "Z");
  }
  if (SPANS.has(name) && typeof value === "number") return spanTold(value);
  if (name === "check_ins" && Array.isArray(value)) return value.map((each) => checkInTold(each, words)).join("; ");
  if (name === "line") return lineTold(value, lines, words);
  if (name === "scope" && Array.isArray(value)) {
    return value.map(([line, lane]) => `${lineTold(line, lines, words)} ${told("lane", lane, lines, words)}`).join(", ");
  }
  if (value instanceof Uint8Array) {
    return value.length <= SHOWN_BYTES ? toHex(value) : `${value.length} bytes, ${toHex(value.slice(0, 8))}…`;
  }
  if (Array.isArray(value)) return value.map((each) => told("", each, lines, words)).join("; ");
  if (value instanceof Map) return [...value].map(([key, each]) => `${key}: ${told("", each, lines, words)}`).join("; ");
  return String(value);
}
