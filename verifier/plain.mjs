// Values as a vector's JSON writes them (spec/vectors/README.md): bytes in hex, or their count and hash where they are
// long; numbers that JSON would round as text.

import { sha256, toHex, utf8 } from "./bytes.mjs";

const BYTES_SHOWN_MAX = 64;
const TEXT_BYTES_SHOWN_MAX = 512;

const hashed = async (bytes) => ({ bytes: bytes.length, sha256: toHex(await sha256(bytes)) });

export async function factsOf(value) {
  if (value instanceof Uint8Array) return value.length <= BYTES_SHOWN_MAX ? toHex(value) : hashed(value);
  if (typeof value === "string") return utf8(value).length <= TEXT_BYTES_SHOWN_MAX ? value : hashed(utf8(value));
  if (typeof value === "bigint") return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
  if (Array.isArray(value)) return Promise.all(value.map(factsOf));
  return value;
}

/** The fields of a map that were there, by name. */
export async function fieldFacts(fields) {
  return Object.fromEntries(await Promise.all(fields.given.map(async (name) => [name, await factsOf(fields[name])])));
}

/** A CBOR value with its type. */
export async function typed(value) {
  if (typeof value === "bigint") return { uint: await factsOf(value) };
  if (value instanceof Uint8Array) return { bytes: await factsOf(value) };
  if (typeof value === "string") return { text: await factsOf(value) };
  if (Array.isArray(value)) return Promise.all(value.map(typed));
  if (!(value instanceof Map)) return value;
  const pairs = [...value].map(async ([key, item]) => [await factsOf(key), await typed(item)]);
  return { map: await Promise.all(pairs) };
}

/** Whether two JSON values are the same, whatever the order of names. */
export function same(a, b) {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const [mine, theirs] = [Object.keys(a), Object.keys(b)];
  if (Array.isArray(a) !== Array.isArray(b) || mine.length !== theirs.length) return false;
  return mine.every((name) => same(a[name], b[name]));
}
