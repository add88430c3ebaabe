// The accord (spec 3.5): the document, its id and digits, the keys it registers, the signatures under it.

import { badSignature, equal, join, malformed, prefix, sha256, sha512, toHex } from "./bytes.mjs";
import { CARRIERS, CHECK_INS, DAYS, NAME, PULSE, SECONDS, SIGNATURE } from "./bodies.mjs";
import { decode as fromCbor } from "./cbor.mjs";
import { bytes, many, map, oneOf, set, text, uint } from "./codecs.mjs";
import { checkKey, verify } from "./ed25519.mjs";
import { verify87 } from "./mldsa.mjs";
import { checkXwing } from "./xwing.mjs";

const DOCUMENT_BYTES_MAX = 262_144;

const OFFICER = map([[1, "name", NAME], [2, "key", bytes(32)]]);
const PRINCIPAL = map([[1, "name", NAME], [2, "xwing", bytes(1216)], [3, "key", bytes(32)]]);
const POST = map([[1, "name", NAME], [2, "lines", set(uint(63n), 64)]]);
const WITNESS = map([[1, "name", NAME], [2, "key", bytes(32)]]);
const CARRIER = map([[1, "name", NAME], [2, "kind", oneOf(0, 1, 2), 0n], [3, "latency_ms", uint(10_000_000n), 0n]]);

const SIDE = map([
  [1, "name", NAME],
  [2, "language", text(64), ""],
  [3, "zone", NAME],
  [4, "root_ed25519", bytes(32)],
  [5, "root_mldsa87", bytes(2592)],
  [6, "station", bytes(32)],
  [7, "checkpoint", bytes(1312)],
  [8, "xwing", bytes(1216)],
  [9, "announce_ed25519", bytes(32)],
  [10, "announce_mldsa44", bytes(1312)],
  [11, "officers", many(OFFICER, 255, 1)],
  [12, "principals", many(PRINCIPAL, 255), []],
  [13, "posts", many(POST, 64), []],
]);

const LINE = map([
  [1, "name", NAME],
  [2, "carriers", CARRIERS],
  [3, "check_ins", CHECK_INS, []],
  [4, "expires_s", SECONDS, 0n],
  [5, "holidays", DAYS, []],
  [6, "pulse_s", PULSE, 60n],
]);

const ACCORD = map([
  [1, "format", uint(1n, 1n)],
  [2, "suite", uint(1n, 1n)],
  [3, "name", NAME],
  [4, "founded_s", SECONDS],
  [5, "sides", many(SIDE, 2, 2)],
  [6, "carriers", many(CARRIER, 32, 1)],
  [7, "lines", many(LINE, 64, 1)],
  [8, "two_person", set(uint(255n), 32), []],
  [9, "witnesses", many(WITNESS, 16), []],
  [10, "psk_check", bytes(32)],
]);

const SIGNATURES = map([
  [1, "root_ed25519", SIGNATURE],
  [2, "root_mldsa87", bytes(4627)],
  [3, "possession", many(SIGNATURE, 600)],
]);

/** The accord that a document is, with its id. */
export async function readDocument(document) {
  if (document.length > DOCUMENT_BYTES_MAX) throw malformed("an accord that is too long");
  const accord = ACCORD(fromCbor(document));
  for (const line of accord.lines) {
    const distinct = new Set(line.carriers);
    if (distinct.size !== line.carriers.length) throw malformed("a line names a carrier twice");
    if (line.carriers.some((number) => number >= accord.carriers.length)) throw malformed("a line names no carrier");
  }
  for (const post of accord.sides.flatMap((side) => side.posts)) {
    if (post.lines.some((number) => number >= accord.lines.length)) throw malformed("a post answers no line");
  }
  const named = [accord.sides, accord.carriers, accord.lines];
  for (const side of accord.sides) named.push(side.officers, side.principals, side.posts);
  for (const list of named) {
    if (new Set(list.map((one) => one.name)).size !== list.length) throw malformed("two things of one name");
  }
  return { ...accord, id: await sha256(prefix("accord"), document) };
}

/** A signed accord; its signatures are not looked at. */
export async function readSigned(data) {
  const plain = fromCbor(data);
  if (!Array.isArray(plain) || plain.length !== 3 || !(plain[0] instanceof Uint8Array)) {
    throw malformed("a signed accord is a document and two maps");
  }
  return { accord: await readDocument(plain[0]), signatures: [SIGNATURES(plain[1]), SIGNATURES(plain[2])] };
}

/** A side's keys that prove their possession, in the order of the proofs. */
const proving = (side) => [
  side.station,
  side.announce_ed25519,
  ...side.officers.map((officer) => officer.key),
  ...side.principals.map((principal) => principal.key),
];

/** Every key can be registered, every signature and proof of both sides verifies. */
export async function checkSigned({ accord, signatures }) {
  const keys = accord.sides.flatMap((side) => [side.root_ed25519, ...proving(side)]);
  if (new Set(keys.map(toHex)).size !== keys.length) throw badSignature("one key has two purposes");
  for (const side of accord.sides) {
    for (const key of [side.xwing, ...side.principals.map((x) => x.xwing)]) checkXwing(key);
  }
  for (const key of [...keys, ...accord.witnesses.map((x) => x.key)]) checkKey(key);
  for (const [number, side] of accord.sides.entries()) {
    const under = signatures[number];
    const message = join(prefix("accord-signature"), accord.id, Uint8Array.of(number));
    await verify(side.root_ed25519, message, under.root_ed25519, `${side.name}'s root`);
    verify87(side.root_mldsa87, message, under.root_mldsa87);
    const proved = proving(side);
    if (proved.length !== under.possession.length) throw badSignature("more or fewer proofs of possession than keys");
    for (const [at, key] of proved.entries()) await checkPossession(accord.id, key, under.possession[at]);
  }
}

export async function checkPossession(accordId, key, proof) {
  checkKey(key);
  await verify(key, join(prefix("possession"), accordId, key), proof, "a proof of possession");
}

function groups(wide, count) {
  const group = (at) => wide.slice(5 * at, 5 * at + 5).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) % 100_000n;
  return Array.from({ length: count }, (_, at) => group(at).toString().padStart(5, "0")).join(" ");
}

export const digits = async (accordId) => groups(await sha512(prefix("digits"), accordId), 12);
export const fingerprint = async (key) => groups(await sha256(prefix("fingerprint"), key), 6);
export const sameDigits = (a, b) => equal(...[a, b].map((x) => new TextEncoder().encode(x.replace(/\s/g, ""))));
