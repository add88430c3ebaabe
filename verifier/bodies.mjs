// Kinds and bodies (spec 3.4): the table, written from the specification's.

import { malformed } from "./bytes.mjs";
import { bytes, bytesUpTo, flag, keyed, many, map, oneOf, row, set, text, uint } from "./codecs.mjs";

export const LINE = uint(63n);
export const LANE = oneOf(0, 1);
export const SECONDS = uint(2n ** 40n);
export const ID = bytes(32);
export const SIGNATURE = bytes(64);
export const NAME = text(64, 1);
export const HEAD = row(uint(), uint(), ID);
export const TEXTS = keyed(NAME, text(8192, 1), 8, 1);
export const CHECK_INS = many(row(uint(86_399n), uint(1n), uint(1n), NAME), 24);
export const CARRIERS = many(uint(31n), 32, 1);
export const DAYS = set(uint(10_000_000n), 1000);
export const PULSE = uint(86_400n, 1n);
export const WORD = row(uint(4n, 1n), SECONDS, SIGNATURE);
export const CHECKPOINT = row(uint(), ID, SIGNATURE, bytes(2420));
const SCOPE = set(row(LINE, LANE), 128, 1);
const POSTS = set(NAME, 16);
const APPROVALS = [8, "approvals", many(row(uint(255n), uint(), SIGNATURE), 4, 1), []];
const ENTRY = bytesUpTo(16_448);

const tracked = (...own) => [
  [0, "line", LINE, 0n],
  [1, "lane", LANE, 0n],
  [2, "number", uint()],
  [4, "precedence", oneOf(0, 1, 2, 3), 0n],
  [5, "due_s", SECONDS, 0n],
  [6, "action", POSTS, []],
  [7, "info", POSTS, []],
  APPROVALS,
  [9, "exercise", flag, false],
  [10, "language", text(64), ""],
  [11, "translation_of", ID, null],
  [12, "corrects", ID, null],
  [13, "answers", ID, null],
  ...own,
];

const stated = (...own) => [
  [1, "texts", TEXTS],
  [2, "ed25519", SIGNATURE],
  [3, "mldsa44", bytes(2420)],
  APPROVALS,
  ...own,
];

export const KIND = {
  ACK: 0, MESSAGE: 1, LETTER: 2, SUSPEND: 3, PROPOSE: 4, ACCEPT: 5, WITHDRAW: 6, RECEIPT: 7, ANNOUNCE: 8, CHECKPOINT: 9,
  PREKEY: 10, KEY: 11, GENERATION: 12, AMEND: 13, FAULT: 14, DOCUMENT: 15, NOTICE: 16, CALL: 17, SEAL: 18, PRESENCE: 19,
  MINUTE: 20, SERVICE: 21,
};

const TABLES = {
  [KIND.MESSAGE]: tracked([3, "text", text(8192, 1)]),
  [KIND.LETTER]: [
    [1, "to", uint(255n), 0n],
    [2, "age", bytesUpTo(14_336)],
  ],
  [KIND.SUSPEND]: [
    [1, "scope", SCOPE],
    [2, "from_s", SECONDS, 0n],
    [3, "reason", text(1024), ""],
    APPROVALS,
  ],
  [KIND.PROPOSE]: [
    [1, "scope", SCOPE],
    [2, "effective_s", SECONDS],
    [3, "lists", set(ID, 256, 1)],
    APPROVALS,
  ],
  [KIND.ACCEPT]: [
    [1, "target", ID],
    [2, "ed25519", SIGNATURE, null],
    [3, "mldsa44", bytes(2420), null],
    APPROVALS,
  ],
  [KIND.WITHDRAW]: [[1, "target", ID], APPROVALS],
  [KIND.RECEIPT]: [
    [0, "gen", uint(), 0n],
    [1, "seq", uint()],
    [2, "level", oneOf(0, 1, 2), 1n],
    [3, "officer", uint(255n), 0n],
    APPROVALS,
  ],
  [KIND.ANNOUNCE]: stated(),
  [KIND.CHECKPOINT]: [[1, "checkpoint", CHECKPOINT]],
  [KIND.PREKEY]: [[1, "xwing", bytes(1216)]],
  [KIND.KEY]: [
    [1, "station", bytes(32)],
    [2, "possession", SIGNATURE],
  ],
  [KIND.GENERATION]: [
    [1, "last", HEAD, null],
    [2, "station", bytes(32)],
    [3, "checkpoint", bytes(1312)],
    [4, "xwing", bytes(1216)],
    [5, "forks", set(row(ID, ID), 16), []],
    [6, "root_ed25519", SIGNATURE],
    [7, "root_mldsa87", bytes(4627)],
    [9, "possession", SIGNATURE],
  ],
  [KIND.AMEND]: [
    [0, "line", LINE, 0n],
    [1, "effective_s", SECONDS],
    [2, "check_ins", CHECK_INS, null],
    [3, "carriers", CARRIERS, null],
    [4, "expires_s", SECONDS, null],
    [5, "holidays", DAYS, null],
    [6, "pulse_s", PULSE, null],
    APPROVALS,
  ],
  [KIND.FAULT]: [
    [1, "proof", oneOf(1, 2, 3)],
    [2, "first", ENTRY],
    [3, "second", ENTRY],
  ],
  [KIND.DOCUMENT]: tracked(
    [16, "size", uint(64n * 1024n * 1024n)],
    [17, "digest", bytes(32)],
    [18, "title", text(1024), ""],
  ),
  [KIND.NOTICE]: tracked([14, "form", NAME], [15, "fields", keyed(NAME, text(8192), 64), []]),
  [KIND.CALL]: [
    [0, "line", LINE, 0n],
    [1, "lane", LANE, 0n],
    [2, "call_id", bytes(8)],
    [3, "started_s", SECONDS],
    [4, "outcome", oneOf(0, 1, 2, 3, 4, 5), 0n],
    [5, "due_s", SECONDS, 0n],
    [6, "rang", WORD, null],
    [7, "final", WORD, null],
  ],
  [KIND.SEAL]: [
    [0, "line", LINE, 0n],
    [2, "call_id", bytes(8)],
    [3, "closes", ID, null],
    [4, "outcome", oneOf(0, 1, 2, 3, 4, 5), 4n],
    [5, "due_s", SECONDS, 0n],
    [7, "checkpoint", CHECKPOINT, null],
  ],
  [KIND.PRESENCE]: [[1, "mode", oneOf(0, 1), 0n]],
  [KIND.MINUTE]: stated([4, "call_id", bytes(8), null]),
  [KIND.SERVICE]: [
    [0, "line", LINE, 0n],
    [3, "text", text(8192, 1)],
  ],
};

const FORMATS = new Map(Object.entries(TABLES).map(([kind, table]) => [BigInt(kind), map(table)]));

/** The fields of a body by name; `unknown` for a kind that is not in the table. */
export function bodyOf(kind, plain) {
  if (kind === 0n) {
    if (plain !== null) throw malformed("the body of an acknowledgement is null");
    return { given: [] };
  }
  const format = FORMATS.get(kind);
  if (format !== undefined) return format(plain);
  if (plain !== null && !(plain instanceof Map)) throw malformed("a body that is neither map nor null");
  return { given: [], unknown: true };
}
