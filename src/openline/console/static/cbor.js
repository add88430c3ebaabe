// Deterministic CBOR (spec 3.1) in the page: a strict reader, and the encoding of the few numbers that are signed here.
//
// Rules of this file: one value has one encoding, and every other is refused; what was read is never encoded again, for
// what is signed are the bytes as they came. A number is a Number where it is exact, else a BigInt.

const DEPTH_MAX = 6;
const WIDTHS = { 24: 1, 25: 2, 26: 4, 27: 8 };
const SIMPLE = new Map([[0xf4, false], [0xf5, true], [0xf6, null]]);
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class Reader {
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  take(count) {
    if (count > this.data.length - this.at) throw new TypeError("fewer bytes than announced");
    this.at += Number(count);
    return this.data.slice(this.at - Number(count), this.at);
  }

  value(deep) {
    const first = this.take(1)[0];
    if (SIMPLE.has(first)) return SIMPLE.get(first);
    const major = first >> 5;
    if (major === 1 || major > 5) throw new TypeError("a kind of value that has no place here");
    const argument = this.argument(first & 31);
    if (major === 0) return argument;
    if (major === 2) return this.take(argument);
    if (major === 3) return UTF8.decode(this.take(argument));
    if (deep === 0) throw new TypeError("nested too deep");
    return major === 4 ? this.array(argument, deep - 1) : this.map(argument, deep - 1);
  }

  argument(info) {
    if (info < 24) return info;
    const width = WIDTHS[info];
    if (width === undefined) throw new TypeError("a length that is none");
    let number = 0n;
    for (const byte of this.take(width)) number = (number << 8n) | BigInt(byte);
    if (number < (width === 1 ? 24n : 1n << BigInt(4 * width))) throw new TypeError("a number in a second form");
    return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : number;
  }

  array(count, deep) {
    const out = [];
    for (let left = BigInt(count); left > 0n; left -= 1n) out.push(this.value(deep));
    return out;
  }

  map(count, deep) {
    const out = new Map();
    let before = -1;
    for (let left = BigInt(count); left > 0n; left -= 1n) {
      const key = this.value(0);
      const isNumber = typeof key === "number" || typeof key === "bigint";
      if (!isNumber || key <= before) throw new TypeError("keys that do not ascend");
      before = key;
      out.set(key, this.value(deep));
    }
    return out;
  }
}

/** The value that `data`, all of it, encodes; maps are Map. Throws TypeError. */
export function decode(data) {
  const reader = new Reader(data);
  const value = reader.value(DEPTH_MAX);
  if (reader.at !== data.length) throw new TypeError("bytes left over");
  return value;
}

/** The encoding of a number from 0 to 2^64-1. */
export function encodeNumber(number) {
  const value = BigInt(number);
  if (value < 0n || value >> 64n) throw new RangeError("a number that has no encoding");
  if (value < 24n) return Uint8Array.of(Number(value));
  const [info, width] = Object.entries(WIDTHS).find(([, bytes]) => value < 1n << BigInt(8 * bytes));
  const out = new Uint8Array(1 + width);
  out[0] = Number(info);
  for (let at = width, left = value; at > 0; at -= 1, left >>= 8n) out[at] = Number(left & 0xffn);
  return out;
}

/** The encoding of a number, a text, bytes or an array of these. Throws TypeError. */
export function encode(value) {
  if (typeof value === "number" || typeof value === "bigint") return encodeNumber(value);
  if (typeof value === "string") return headed(0x60, new TextEncoder().encode(value));
  if (value instanceof Uint8Array) return headed(0x40, value);
  if (!Array.isArray(value)) throw new TypeError("no kind of value that is written here");
  const head = encodeNumber(value.length);
  head[0] |= 0x80;
  return join(head, ...value.map(encode));
}

function headed(major, bytes) {
  const head = encodeNumber(bytes.length);
  head[0] |= major;
  return join(head, bytes);
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

export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The bytes that hex is. Throws TypeError. */
export function fromHex(text) {
  if (typeof text !== "string" || !/^([0-9a-f]{2})*$/.test(text)) throw new TypeError("not hex");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
