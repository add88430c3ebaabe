// Ed25519 as spec 3.5 verifies it: WebCrypto's verification, with the two checks that it leaves out.
//
// 1. A key counts only if it is the canonical encoding of a point of the prime-order subgroup other than the identity.
// 2. Under such a key the only R of small order that can still verify is the identity: it is refused.

import { badSignature, toHex } from "./bytes.mjs";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (value) => ((value % P) + P) % P;

function power(base, exponent) {
  let out = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) out = (out * b) % P;
    b = (b * b) % P;
  }
  return out;
}

const inverse = (value) => power(value, P - 2n);
const D = mod(-121665n * inverse(121666n));
const ROOT_OF_MINUS_1 = power(2n, (P - 1n) / 4n);

/** The point that 32 bytes encode canonically, in extended coordinates; null if they encode none. */
function pointOf(bytes) {
  const wide = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const y = wide & (2n ** 255n - 1n);
  const sign = wide >> 255n;
  if (y >= P) return null;
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * ROOT_OF_MINUS_1);
  if (mod(x * x) !== square || (x === 0n && sign === 1n)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return { x, y, z: 1n, t: mod(x * y) };
}

// Addition of extended twisted Edwards coordinates (RFC 8032 §5.1.4); complete, so that it doubles too.
function add(p, q) {
  const a = mod((p.y - p.x) * (q.y - q.x));
  const b = mod((p.y + p.x) * (q.y + q.x));
  const c = mod(2n * p.t * q.t * D);
  const d = mod(2n * p.z * q.z);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return { x: mod(e * f), y: mod(g * h), z: mod(f * g), t: mod(e * h) };
}

function times(scalar, point) {
  let out = { x: 0n, y: 1n, z: 1n, t: 0n };
  for (let s = scalar, p = point; s > 0n; s >>= 1n) {
    if (s & 1n) out = add(out, p);
    p = add(p, p);
  }
  return out;
}

const isIdentity = (point) => point.x === 0n && point.y === point.z;

const known = new Map(); // key in hex → whether it may be registered

/** Whether a key may be registered at all (spec 3.5, rule 1). */
export function counts(key) {
  const name = toHex(key);
  if (!known.has(name)) {
    const point = key.length === 32 ? pointOf(key) : null;
    known.set(name, point !== null && !isIdentity(point) && isIdentity(times(L, point)));
  }
  return known.get(name);
}

export function checkKey(key) {
  if (!counts(key)) throw badSignature("an Ed25519 key that is no canonical point of prime order");
}

const imported = new Map();

/** Whether the signature verifies under the key, which may be any 32 bytes. */
export async function verifies(key, message, signature) {
  if (signature.length !== 64 || !counts(key)) return false;
  if (signature[0] === 1 && signature.subarray(1, 32).every((byte) => byte === 0)) return false;
  const name = toHex(key);
  if (!imported.has(name)) {
    imported.set(name, await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]));
  }
  return crypto.subtle.verify({ name: "Ed25519" }, imported.get(name), signature, message);
}

export async function verify(key, message, signature, whose = "an Ed25519 signature") {
  if (!(await verifies(key, message, signature))) throw badSignature(`${whose} does not verify`);
}
