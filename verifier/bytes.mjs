// Bytes, text and hashes. Text is UTF-8, strictly; hashes are WebCrypto's.

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/** Why something is refused: one of the reasons of spec/vectors/README.md, and a sentence for people. */
export class Refused extends Error {
  constructor(reason, sentence, facts = {}) {
    super(sentence);
    this.reason = reason;
    this.facts = facts;
  }
}

export const malformed = (sentence) => new Refused("malformed", sentence);
export const badSignature = (sentence) => new Refused("bad-signature", sentence);

export function fromHex(text) {
  if (typeof text !== "string" || !/^([0-9a-f]{2})*$/.test(text)) throw new TypeError("not hex");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));

export const toHex = (bytes) => Array.from(bytes, (byte) => HEX[byte]).join("");

export const utf8 = (text) => ENCODER.encode(text);

/** The text of UTF-8 bytes; refuses overlong forms, surrogates and whatever else is not UTF-8. */
export function textOf(bytes) {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw malformed("text that is not UTF-8");
  }
}

export function join(...parts) {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Order of byte strings: bytewise, the shorter first where one begins the other. */
export function compareBytes(a, b) {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at += 1) {
    if (a[at] !== b[at]) return a[at] - b[at];
  }
  return a.length - b.length;
}

export const equal = (a, b) => a.length === b.length && compareBytes(a, b) === 0;

const digest = async (name, parts) => new Uint8Array(await crypto.subtle.digest(name, join(...parts)));
export const sha256 = (...parts) => digest("SHA-256", parts);
export const sha512 = (...parts) => digest("SHA-512", parts);

/** A number as so many bytes, big-endian. */
export function bigEndian(number, count) {
  const out = new Uint8Array(count);
  let left = BigInt(number);
  for (let at = count - 1; at >= 0; at -= 1) {
    out[at] = Number(left & 0xffn);
    left >>= 8n;
  }
  return out;
}

export const prefix = (purpose) => utf8(`openline/${purpose}/1\0`);
