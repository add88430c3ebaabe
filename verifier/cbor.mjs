// Deterministic CBOR (spec 3.1). Numbers are BigInt, maps are Map with BigInt keys, bytes are Uint8Array.
//
// Written as a strict reader: every rule is checked where the byte is read; nothing is encoded again to compare.

import { bigEndian, join, malformed, textOf, utf8 } from "./bytes.mjs";

const DEPTH_MAX = 6;
const UINT_MAX = 2n ** 64n - 1n;
const WIDTHS = { 24: 1, 25: 2, 26: 4, 27: 8 };
const SIMPLE = new Map([[0xf4, false], [0xf5, true], [0xf6, null]]);

class Reader {
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  take(count) {
    if (count > BigInt(this.data.length - this.at)) throw malformed("fewer bytes than announced");
    const start = this.at;
    this.at += Number(count);
    return this.data.subarray(start, this.at);
  }

  value(depthLeft) {
    const first = this.take(1n)[0];
    if (SIMPLE.has(first)) return SIMPLE.get(first);
    const major = first >> 5;
    if (major === 1 || major >= 6) throw malformed("a negative number, tag or simple value");
    const argument = this.argument(first & 31);
    if (major === 0) return argument;
    if (major === 2) return this.take(argument).slice();
    if (major === 3) return textOf(this.take(argument));
    if (depthLeft === 0) throw malformed("nested too deep");
    return major === 4 ? this.array(argument, depthLeft - 1) : this.map(argument, depthLeft - 1);
  }

  /** The number in an item's first bytes, refused unless in its shortest form. */
  argument(info) {
    if (info < 24) return BigInt(info);
    const width = WIDTHS[info];
    if (width === undefined) throw malformed("an indefinite or reserved length");
    const number = this.take(BigInt(width)).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const least = width === 1 ? 24n : 1n << BigInt(4 * width);
    if (number < least) throw malformed("a number in more bytes than it needs");
    return number;
  }

  // A count is not believed: items are read one by one, and the bytes run out long before memory does.
  array(count, depthLeft) {
    const out = [];
    for (let left = count; left > 0n; left -= 1n) out.push(this.value(depthLeft));
    return out;
  }

  map(count, depthLeft) {
    const out = new Map();
    let before = -1n;
    for (let left = count; left > 0n; left -= 1n) {
      const key = this.value(0);
      if (typeof key !== "bigint" || key <= before) throw malformed("map keys that are no ascending unsigned numbers");
      before = key;
      out.set(key, this.value(depthLeft));
    }
    return out;
  }
}

/** The value that `data`, all of it, encodes. */
export function decode(data) {
  const reader = new Reader(data);
  const value = reader.value(DEPTH_MAX);
  if (reader.at !== data.length) throw malformed("bytes left over");
  return value;
}

function head(major, number) {
  if (number < 24n) return Uint8Array.of((major << 5) | Number(number));
  const [info, width] = Object.entries(WIDTHS).find(([, bytes]) => number < 1n << BigInt(8 * bytes));
  return join(Uint8Array.of((major << 5) | Number(info)), bigEndian(number, width));
}

/** The one encoding of a value; what is signed is encoded here, what was received never is. */
export function encode(value) {
  if (value === null) return Uint8Array.of(0xf6);
  if (typeof value === "boolean") return Uint8Array.of(value ? 0xf5 : 0xf4);
  if (typeof value === "number") return encode(BigInt(value));
  if (typeof value === "bigint") {
    if (value < 0n || value > UINT_MAX) throw new RangeError("a number that has no encoding");
    return head(0, value);
  }
  if (typeof value === "string") {
    const bytes = utf8(value);
    return join(head(3, BigInt(bytes.length)), bytes);
  }
  if (value instanceof Uint8Array) return join(head(2, BigInt(value.length)), value);
  if (Array.isArray(value)) return join(head(4, BigInt(value.length)), ...value.map(encode));
  if (value instanceof Map) {
    const keys = [...value.keys()].sort((a, b) => (a < b ? -1 : 1));
    return join(head(5, BigInt(keys.length)), ...keys.flatMap((key) => [encode(key), encode(value.get(key))]));
  }
  throw new TypeError("a value that has no encoding");
}
