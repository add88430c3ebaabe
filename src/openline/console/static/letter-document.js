// What is sealed in a letter, and who wrote it (spec 4.5.3, 4.5.4): read and written in the page.
//
// Rules of this file: a letter's writer is named as proven only where the accord's key proves it; a letter that was sealed
// to somebody else than it says was sent on, and is refused; a letter of another accord is none of ours.

import { decode, encode, fromHex, join, toHex } from "./cbor.js";
import { LetterRefused } from "./sealed-file.js";

const FORMAT = 1;
const SIGNATURE_BYTES = 64;
const LETTER_ID_BYTES = 16;
const SIGNING = new TextEncoder().encode("openline/letter/1\0");

/** A signed letter, ready to be sealed. `from` and `to`: {side, name}; `key`: the writer's, as WebCrypto signs with it. */
export async function write(agreed, from, to, language, text, key) {
  const id = crypto.getRandomValues(new Uint8Array(LETTER_ID_BYTES));
  const texts = [[language, text]];
  const at = Math.floor(Date.now() / 1000);
  const fields = [fromHex(agreed.accord), from.side, from.name, to.side, to.name, id, at, texts];
  const document = encode([FORMAT, fields]);
  const signature = await crypto.subtle.sign({ name: "Ed25519" }, key, join(SIGNING, document));
  return join(document, new Uint8Array(signature));
}

/** A letter that an accord proves, or null for a plain file. `openedWith`: the recipient whose key opened the seal.
 *  Throws LetterRefused. */
export async function read(data, agreed, openedWith) {
  const document = data.subarray(0, -SIGNATURE_BYTES);
  const fields = fieldsOf(document);
  if (fields === null) return null;
  const [accord, fromSide, fromName, toSide, toName, , time, texts] = fields;
  if (toHex(accord) !== agreed.accord) throw new LetterRefused("other-accord");
  const writer = principalOf(agreed, fromSide, fromName);
  const addressee = principalOf(agreed, toSide, toName);
  if (![writer.recipient, addressee.recipient].includes(openedWith)) throw new LetterRefused("sent-on");
  const key = await crypto.subtle.importKey("raw", fromHex(writer.key), { name: "Ed25519" }, false, ["verify"]);
  const signed = join(SIGNING, document);
  const holds = await crypto.subtle.verify({ name: "Ed25519" }, key, data.subarray(-SIGNATURE_BYTES), signed);
  if (!holds) throw new LetterRefused("not-signed");
  const sides = agreed.sides.map((side) => side.name);
  return { from: `${fromName} · ${sides[fromSide]}`, to: `${toName} · ${sides[toSide]}`, time, texts };
}

/** The fields of a letter, or null for what is none. */
function fieldsOf(document) {
  let plain;
  try {
    plain = decode(document);
  } catch {
    return null;
  }
  if (!Array.isArray(plain) || plain.length !== 2 || plain[0] !== FORMAT || !Array.isArray(plain[1])) return null;
  const [accord, fromSide, fromName, toSide, toName, id, time, texts] = plain[1];
  const right =
    plain[1].length === 8 && accord instanceof Uint8Array && accord.length === 32 && id instanceof Uint8Array &&
    id.length === LETTER_ID_BYTES && [0, 1].includes(fromSide) && toSide === 1 - fromSide && typeof time === "number" &&
    typeof fromName === "string" && typeof toName === "string" && Array.isArray(texts) && texts.length > 0 &&
    texts.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every((each) => typeof each === "string" && each));
  return right ? plain[1] : null;
}

function principalOf(agreed, side, name) {
  const found = agreed.sides[side].principals.find((each) => each.name === name);
  if (!found) throw new LetterRefused("no-principal");
  return found;
}
