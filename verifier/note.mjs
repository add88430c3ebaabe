// Signed notes (spec 3.8.1) and checkpoints (3.8.3).

import { bigEndian, equal, join, malformed, sha256, textOf, utf8 } from "./bytes.mjs";
import { verify } from "./ed25519.mjs";
import { verify44 } from "./mldsa.mjs";

const NOTE_BYTES_MAX = 262_144;
const LINES_MAX = 32;
const DASH = "\u2014 ";
const KEY_ID_BYTES = 4;
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;
// Unicode's White_Space, written out, and the ASCII controls.
const BLANK = "\\u0000-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const NOT_IN_NAME = new RegExp(`[${BLANK}+]`);
const ESCAPED = /[\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000+%]/g;

export const ED25519 = Uint8Array.of(0x01);
export const STATEMENT_MLDSA44 = join(Uint8Array.of(0xff), utf8("openline/statement-mldsa44/1"));

const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));

function fromBase64(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw malformed("not base64");
  let raw;
  try {
    raw = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw malformed("not base64");
  }
  if (toBase64(raw) !== text) throw malformed("base64 in another than its one form");
  return raw;
}

/** A name as a key name: what may not stand in one becomes %XX of its UTF-8. */
export const keyName = (name) =>
  name.replace(ESCAPED, (character) =>
    [...utf8(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );

const keyId = async (name, type, key) => (await sha256(utf8(`${name}\n`), type, key)).subarray(0, KEY_ID_BYTES);

/** A note's text and lines; nothing of it is verified. */
export function parse(data) {
  if (data.length > NOTE_BYTES_MAX) throw malformed("a note that is too long");
  const whole = textOf(data);
  const at = whole.lastIndexOf("\n\n");
  if (at < 0 || !whole.endsWith("\n")) throw malformed("a note without its empty line, or without a last newline");
  const text = whole.slice(0, at + 1);
  if (CONTROL.test(whole)) throw malformed("a control character");
  const lines = whole.slice(at + 2, -1).split("\n");
  if (lines.length > LINES_MAX) throw malformed("too many lines");
  return { text, lines: lines.map(lineOf) };
}

function lineOf(line) {
  const columns = line.slice(DASH.length).split(" ");
  if (!line.startsWith(DASH) || columns.length !== 2) throw malformed("a line of another form");
  const [name, blob] = columns;
  const raw = fromBase64(blob);
  if (name === "" || NOT_IN_NAME.test(name)) throw malformed("a key name that is none");
  if (raw.length <= KEY_ID_BYTES) throw malformed("a line without a signature");
  return { name, keyId: raw.subarray(0, KEY_ID_BYTES), signature: raw.subarray(KEY_ID_BYTES) };
}

/** The signatures of one key in a note; every one of them has to verify. */
export async function signaturesBy(note, name, type, key) {
  const identity = await keyId(name, type, key);
  return note.lines.filter((line) => line.name === name && equal(line.keyId, identity)).map((line) => line.signature);
}

// --- checkpoints ---

export const origin = (accordId, side, gen) =>
  `openline/${[...accordId.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}/${side}/${gen}`;

export const checkpointText = (name, size, root) => `${name}\n${size}\n${toBase64(root)}\n`;

/** Both signatures of a checkpoint [size, root, Ed25519, ML-DSA-44]. */
export async function checkCheckpoint(accordId, side, gen, [size, root, ed25519, mldsa44], station, mldsaKey) {
  const name = origin(accordId, side, gen);
  await verify(station, utf8(checkpointText(name, size, root)), ed25519, "the checkpoint's Ed25519 signature");
  const named = join(Uint8Array.of(name.length), utf8(name), new Uint8Array(8));
  verify44(mldsaKey, join(utf8("subtree/v1\n\0"), named, named, bigEndian(size, 8), root), mldsa44);
}

/** The note of a checkpoint, as a witness takes it. */
export async function checkpointNote(accordId, side, gen, [size, root, ed25519, mldsa44], station, mldsaKey) {
  const name = origin(accordId, side, gen);
  const line = (id, signature) => `${DASH}${name} ${toBase64(join(id, signature))}\n`;
  const first = line(await keyId(name, ED25519, station), ed25519);
  const second = line(await keyId(name, Uint8Array.of(0x06), mldsaKey), join(new Uint8Array(8), mldsa44));
  return utf8(`${checkpointText(name, size, root)}\n${first}${second}`);
}
