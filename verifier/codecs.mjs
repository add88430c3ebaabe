// Formats of fields (spec 3.4): each is a function that gives the value back, or refuses it.

import { compareBytes, malformed, utf8 } from "./bytes.mjs";

const UINT_MAX = 2n ** 64n - 1n;

export const uint = (most = UINT_MAX, least = 0n) => (value) => {
  if (typeof value !== "bigint" || value < least || value > most) throw malformed(`expected ${least} to ${most}`);
  return value;
};

export const oneOf = (...numbers) => (value) => {
  if (typeof value !== "bigint" || !numbers.includes(Number(value))) throw malformed(`expected one of ${numbers}`);
  return value;
};

export const bytes = (exactly) => (value) => {
  if (!(value instanceof Uint8Array) || value.length !== exactly) throw malformed(`expected ${exactly} bytes`);
  return value;
};

export const bytesUpTo = (most) => (value) => {
  if (!(value instanceof Uint8Array) || value.length > most) throw malformed(`expected at most ${most} bytes`);
  return value;
};

export const text = (most, least = 0) => (value) => {
  const length = typeof value === "string" ? utf8(value).length : -1;
  if (length < least || length > most) throw malformed(`expected text of ${least} to ${most} bytes`);
  return value;
};

export const flag = (value) => {
  if (value !== true) throw malformed("a flag is true or left out");
  return true;
};

/** Null, or what the format says. */
export const maybe = (format) => (value) => (value === null ? null : format(value));

/** An array of exactly these. */
export const row = (...formats) => (value) => {
  if (!Array.isArray(value) || value.length !== formats.length) throw malformed(`expected ${formats.length} items`);
  return formats.map((format, at) => format(value[at]));
};

function arrayOf(format, most, least, value) {
  if (!Array.isArray(value) || value.length < least || value.length > most) {
    throw malformed(`expected ${least} to ${most} items`);
  }
  return value.map((item) => format(item));
}

const ascend = (items) => items.slice(1).every((item, at) => compare(items[at], item) < 0);

export const many = (format, most, least = 0) => (value) => arrayOf(format, most, least, value);

/** A set: strictly ascending. */
export const set = (format, most, least = 0) => (value) => {
  const out = arrayOf(format, most, least, value);
  if (!ascend(out)) throw malformed("a set whose members do not ascend");
  return out;
};

/** Pairs that ascend strictly by their first. */
export const keyed = (key, item, most, least = 0) => (value) => {
  const out = arrayOf(row(key, item), most, least, value);
  if (!ascend(out.map((pair) => pair[0]))) throw malformed("pairs whose firsts do not ascend");
  return out;
};

export const such = (format, holds, rule) => (value) => {
  const out = format(value);
  if (!holds(out)) throw malformed(`expected ${rule}`);
  return out;
};

/** Numbers by value, bytes and text bytewise, arrays item by item. JavaScript's own order of text is another. */
export function compare(a, b) {
  if (typeof a === "bigint") return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "string") return compareBytes(utf8(a), utf8(b));
  if (a instanceof Uint8Array) return compareBytes(a, b);
  for (let at = 0; at < a.length; at += 1) {
    const order = compare(a[at], b[at]);
    if (order !== 0) return order;
  }
  return 0;
}

const isDefault = (value, byDefault) =>
  Array.isArray(byDefault) ? Array.isArray(value) && value.length === 0 : value === byDefault;

/**
 * A map with fields at their default left out. `table` lists [key, name, format, default]; without a default a field is
 * required. Gives an object by name; `given` in it names the fields that were there.
 */
export const map = (table) => (value) => {
  if (!(value instanceof Map)) throw malformed("expected a map");
  const out = { given: [] };
  let left = value.size;
  for (const [key, name, format, ...byDefault] of table) {
    const item = value.get(BigInt(key));
    if (item === undefined) {
      if (byDefault.length === 0) throw malformed(`field ${key} (${name}) is missing`);
      [out[name]] = byDefault;
      continue;
    }
    left -= 1;
    out[name] = format(item);
    if (byDefault.length > 0 && isDefault(out[name], byDefault[0])) throw malformed(`${name} at its default`);
    out.given.push(name);
  }
  if (left !== 0) throw malformed("an unknown field");
  return out;
};
