// ML-DSA (FIPS 204, pure, empty context): the one thing that WebCrypto does not have.

import { ml_dsa44, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";

import { badSignature } from "./bytes.mjs";

function check(scheme, key, message, signature, whose) {
  const whole = key.length === scheme.lengths.publicKey && signature.length === scheme.lengths.signature;
  if (!whole || !scheme.verify(signature, message, key)) throw badSignature(`${whose} does not verify`);
}

export const verify44 = (key, message, signature) => check(ml_dsa44, key, message, signature, "an ML-DSA-44 signature");
export const verify87 = (key, message, signature) => check(ml_dsa87, key, message, signature, "an ML-DSA-87 signature");
