// Whether an X-Wing public key can be sealed to (spec 3.5, rule 3); nothing is sealed here.

import { malformed, prefix, sha256 } from "./bytes.mjs";

const KEY_BYTES = 1216;
const COEFFICIENT_BYTES = 1152; // 768 coefficients of 12 bits; 32 bytes of seed follow
const MLKEM_BYTES = 1184;
const Q = 3329;
const P = 2n ** 255n - 19n;
// The u-coordinates of points of small order on Curve25519 and its twist (RFC 7748 §6.1 leaves them to the reader).
const SMALL_ORDER = new Set([
  0n,
  1n,
  P - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
]);

/** The check of encapsulation keys, FIPS 203 §7.2: every coefficient is reduced. */
function reduced(key) {
  for (let at = 0; at < COEFFICIENT_BYTES; at += 3) {
    const low = key[at] | ((key[at + 1] & 0x0f) << 8);
    const high = (key[at + 1] >> 4) | (key[at + 2] << 4);
    if (low >= Q || high >= Q) return false;
  }
  return true;
}

export function checkXwing(key) {
  if (key.length !== KEY_BYTES || !reduced(key)) throw malformed("an X-Wing key whose ML-KEM half is none");
  const wide = key.subarray(MLKEM_BYTES).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const u = (wide & (2n ** 255n - 1n)) % P; // RFC 7748: the highest bit is ignored, and u is taken modulo p
  if (SMALL_ORDER.has(u)) throw malformed("an X-Wing key whose X25519 half is of small order");
}

export const prekeyId = async (key) => (await sha256(prefix("prekey"), key)).subarray(0, 8);
