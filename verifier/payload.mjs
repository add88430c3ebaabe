// The payload of a bundle and its padding (spec 4.3, 4.4). Bundles themselves are not opened here.

import { inflateSync } from "node:zlib";

import { malformed } from "./bytes.mjs";
import { ID, LANE, LINE, SECONDS, SIGNATURE, WORD } from "./bodies.mjs";
import { decode as fromCbor } from "./cbor.mjs";
import { bytes, bytesUpTo, flag, many, map, maybe, oneOf, row, such, text, uint } from "./codecs.mjs";

const PAYLOAD_BYTES_MAX = 2_097_152;
const PART_BYTES = 32_768;
const LENGTH_BYTES = 4;
const HINTS = 64;
const SIDE = uint(1n);
const ID8 = bytes(8);
const MS = uint(2n ** 40n * 1000n);
const PART_INDEX = uint(2047n);

const rising = (format, first) => such(format, (item) => item[first] <= item[first + 1], "first not above last");

function partIsWhole([, index, total, data]) {
  if (index + 1n < total) return data.length === PART_BYTES;
  return index + 1n === total && data.length > 0;
}

const PART = such(row(ID, PART_INDEX, uint(2048n), bytesUpTo(PART_BYTES)), partIsWhole, "a whole part");
const wordIfWord = (signal) => (signal[6] !== null) === (signal[0] === 2n);
const SIGNAL = such(row(oneOf(1, 2, 3, 4), ID8, LINE, LANE, SECONDS, MS, maybe(WORD)), wordIfWord, "a word");

const ice = (most, least) =>
  such(text(most, least), (value) => /^[A-Za-z0-9+/]*$/.test(value), "letters, digits, + and /");
const ROUNDS = 1024n;
const VOICE = row(
  ID8, LINE, LANE, uint(ROUNDS, 1n), ID, ice(32, 4), ice(64, 22), uint(127n, 96n), ID8, uint(ROUNDS), SIGNATURE,
);

const PAYLOAD = map([
  [1, "have", many(row(SIDE, uint(), uint(), ID8), HINTS), []],
  [2, "want", many(rising(row(SIDE, uint(), uint(), uint()), 2), HINTS), []],
  [3, "entries", many(bytesUpTo(41_024), 8192), []],
  [4, "parts", many(PART, HINTS), []],
  [5, "parts_wanted", many(rising(row(ID, PART_INDEX, PART_INDEX), 1), HINTS), []],
  [6, "signals", many(SIGNAL, HINTS), []],
  [7, "pulses", many(row(LINE, MS, maybe(row(MS, MS))), HINTS), []],
  [8, "holds_epoch", ID8, null],
  [9, "reentry", row(bytes(16), bytes(32), bytes(1216), SIGNATURE, bytes(4627)), null],
  [10, "restoring", flag, false],
  [11, "voices", many(VOICE, HINTS), []],
]);

/** L rounded up to a multiple of 2^(E−S), E = ⌊log₂ L⌋, S = ⌊log₂ E⌋ + 1. */
function padme(length) {
  const exponent = Math.floor(Math.log2(length));
  const step = 2 ** (exponent - (Math.floor(Math.log2(exponent)) + 1));
  return Math.ceil(length / step) * step;
}

/** One side's half of a call's voice, as a payload holds it (spec 5.10.1). */
export const readVoice = VOICE;

export function read(padded) {
  if (padded.length < LENGTH_BYTES) throw malformed("shorter than a length");
  const head = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  const end = LENGTH_BYTES + (head & 0x7fffffff);
  if (padded.length < end || padded.length !== padme(end)) throw malformed("not the padded length of what it holds");
  if (padded.subarray(end).some((byte) => byte !== 0)) throw malformed("padding that is not zeros");
  const body = padded.subarray(LENGTH_BYTES, end);
  const raw = head >>> 31 ? inflated(body) : body;
  if (raw.length > PAYLOAD_BYTES_MAX) throw malformed("a payload that is too long");
  return PAYLOAD(fromCbor(raw));
}

function inflated(body) {
  try {
    const { buffer, engine } = inflateSync(body, { maxOutputLength: PAYLOAD_BYTES_MAX, info: true });
    if (engine.bytesWritten !== body.length) throw malformed("bytes behind the deflated payload");
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
  } catch (error) {
    throw error.reason ? error : malformed(`a deflated payload that does not unfold: ${error.code}`);
  }
}
