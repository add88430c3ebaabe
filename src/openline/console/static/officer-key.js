// The officer's own key in this browser: taken from the officer's key file once, used to sign, never read out again.
//
// Rules of this file:
// 1. The passphrase and the secret are in this page's memory while the file is opened, and in its worker's, and nowhere
//    else: no request, no storage. What is kept (IndexedDB) is a key that WebCrypto signs with and does not give out.
// 2. A key counts for an officer only if its public half is the one that the accord names for that officer.
// 3. What is signed is made here, from the bytes of the draft whose reading is on the page (spec 3.6).
//
// The component `sign-and-release` (sign-and-release.js) is how a page uses this. On the server:
//
//     form = await signing.form(request, draft)              # openline.console.accounts.signing
//     {% from "parts/sign_and_release.html" import sign_and_release %} {{ sign_and_release(form) }}
//     <script type="module" src="/static/sign-and-release.js" nonce="{{ nonce }}"></script>
//
// It shows what the page read out of the draft's bytes, says which key and passkeys are lacking and where to get them,
// and on its button: signs, has the passkey assert the SHA-256 of what was signed, and posts both to /sign/DRAFT. The
// answer redirects to the entry if it is recorded, else to form.back. It needs no other script, and changes nothing outside itself.

import { argon2idAsync, chacha20poly1305 } from "./built/keyfile.js";
import { decode, encodeNumber, fromHex, join, toHex } from "./cbor.js";
import { keyWorker } from "./trusted.js";

const FORMAT = 1;
const MEMORY_KIB_MAX = 512 * 1024; // a browser's, not a machine's: above this the page would be killed
const PASSES_MAX = 16;
const LANES_MAX = 16;
const SEED_BYTES = 32;
const FILE_BYTES_MAX = 4096;
const DATABASE = "openline-officer-key";
const STORE = "keys";
// RFC 8410: the PKCS #8 form of an Ed25519 key is these bytes and the seed.
const PKCS8_HEAD = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);
const UTF8 = new TextEncoder();

/** Why a key is not taken: one of not-a-key-file, too-costly, wrong-passphrase, not-an-officer, another-key. */
export class KeyRefused extends Error {
  constructor(why) {
    super(why);
    this.why = why;
  }
}

// ---- what is signed

/** What an officer signs to approve an act (spec 3.6). `body`: the CBOR of [kind, body], as the draft gives it. */
export function officerMessage(accordId, side, body, officer, counter) {
  const pair = decode(body); // all of it, strictly: two values after another are not one
  if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "number") throw new TypeError("no kind and body");
  if (accordId.length !== 32) throw new TypeError("no accord's id");
  const numbers = join(encodeNumber(officer), encodeNumber(counter));
  const act = join(Uint8Array.of(0x85), encodeNumber(side), body.slice(1), numbers);
  return join(UTF8.encode("openline/officer/1\0"), accordId, act);
}

// ---- the key file

/** The name and the seed in an officer's key file; the passphrase of one without is not looked at. `progress`: called
 *  with the share done. Throws KeyRefused. */
export async function openKeyFile(data, passphrase, progress = () => {}) {
  const [kind, secret] = await openFile(data, passphrase, progress);
  if (kind !== "officer") throw new KeyRefused("not-an-officer");
  const fields = mapOf(secret);
  const [name, seed] = [fields.get(1), fields.get(2)];
  if (fields.size !== 2 || typeof name !== "string" || !(seed instanceof Uint8Array) || seed.length !== SEED_BYTES) {
    throw new KeyRefused("not-a-key-file");
  }
  return { name, seed };
}

/** The kind and the secret of any key file. Throws KeyRefused. */
export async function openFile(data, passphrase, progress = () => {}) {
  const items = itemsOf(data);
  return items.length === 3 ? items.slice(1) : opened(items, passphrase, progress);
}

function itemsOf(data) {
  try {
    const items = data.length <= FILE_BYTES_MAX ? decode(data) : null;
    if (Array.isArray(items) && items[0] === FORMAT && typeof items[1] === "string") {
      const types = items.slice(2).map((each) => (each instanceof Uint8Array ? "b" : typeof each === "number" ? "n" : "?"));
      if (["b", "nnnbb"].includes(types.join("")) && (items.length === 3 || items[5].length === 16)) return items;
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new KeyRefused("not-a-key-file");
}

/** The fields of a secret, by number. Throws KeyRefused. */
export function mapOf(secret) {
  try {
    const fields = decode(secret);
    if (fields instanceof Map) return fields;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new KeyRefused("not-a-key-file");
}

async function opened(items, passphrase, progress) {
  const [, kind, memory, passes, lanes, salt, ciphertext] = items;
  if (passes < 1 || lanes < 1 || memory < 8 * lanes) throw new KeyRefused("not-a-key-file");
  if (memory > MEMORY_KIB_MAX || passes > PASSES_MAX || lanes > LANES_MAX) throw new KeyRefused("too-costly");
  const words = UTF8.encode(passphrase.normalize("NFC"));
  const key = await derive(words, salt, { m: memory, t: passes, p: lanes, dkLen: 32 }, progress);
  // Deterministic encoding: the six items are all of the file but the last, in an array of six and not seven.
  const head = join(Uint8Array.of(0x86), headOf(items));
  const aad = join(UTF8.encode("openline/key-file/1\0"), head);
  try {
    return [kind, chacha20poly1305(key, new Uint8Array(12), aad).decrypt(ciphertext)];
  } catch {
    throw new KeyRefused("wrong-passphrase");
  } finally {
    key.fill(0);
    words.fill(0);
  }
}

/** The key that a passphrase gives. Seconds of work for a machine: in a worker, so that the page goes on ringing and
 *  showing the time. Throws KeyRefused where the browser has not the memory for it. */
function derive(words, salt, cost, progress) {
  if (!globalThis.Worker) return argon2idAsync(words, salt, { ...cost, onProgress: progress }); // no browser: a test
  const worker = new Worker(keyWorker(), { type: "module" });
  const found = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.key ? resolve(data.key) : progress(data.share));
    worker.onerror = () => reject(new KeyRefused("too-costly"));
  });
  worker.postMessage({ words, salt, cost });
  return found.finally(() => worker.terminate());
}

function headOf([format, kind, memory, passes, lanes, salt]) {
  const name = UTF8.encode(kind);
  const text = join(headByte(0x60, name.length), name);
  const numbers = join(encodeNumber(memory), encodeNumber(passes), encodeNumber(lanes));
  return join(encodeNumber(format), text, numbers, headByte(0x40, salt.length), salt);
}

/** The first bytes of a text or of bytes: a number's, with another first three bits. */
function headByte(major, length) {
  const head = encodeNumber(length);
  head[0] |= major;
  return head;
}

// ---- the key in this browser

/** A seed as a key that signs and is not given out, and its public half; the seed is wiped. */
export async function importSeed(seed) {
  const form = join(PKCS8_HEAD, seed);
  try {
    const readable = await crypto.subtle.importKey("pkcs8", form, { name: "Ed25519" }, true, ["sign"]);
    const { x } = await crypto.subtle.exportKey("jwk", readable); // WebCrypto gives a public half in no other way
    const key = await crypto.subtle.importKey("pkcs8", form, { name: "Ed25519" }, false, ["sign"]);
    return { key, publicKey: fromBase64url(x) };
  } finally {
    form.fill(0);
    seed.fill(0);
  }
}

/** Take an officer's key file into this browser. `who`: {accord, side, officer, publicKey}, the last as the accord has
 *  it in hex. Throws KeyRefused. */
export async function takeKeyFile(data, passphrase, who, progress) {
  const { name, seed } = await openKeyFile(data, passphrase, progress);
  const { key, publicKey } = await importSeed(seed);
  if (name !== who.officer || toHex(publicKey) !== who.publicKey) throw new KeyRefused("another-key");
  await withStore("readwrite", (store) => store.put({ key, publicKey: who.publicKey }, placeOf(who)));
}

/** The key of an officer in this browser, or null; one of another public half than the accord's does not count. */
export async function keyOf(who) {
  const kept = await withStore("readonly", (store) => store.get(placeOf(who)));
  return kept && kept.publicKey === who.publicKey ? kept.key : null;
}

/** Forget an officer's key in this browser. */
export const forgetKey = (who) => withStore("readwrite", (store) => store.delete(placeOf(who)));

export const sign = async (key, message) => new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, key, message));

export const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));

const placeOf = ({ accord, side, officer }) => `${accord} ${side} ${officer}`;

/** Who signs, as the attributes of an element say. */
export function whoOf({ accord, side, officer, publicKey }) {
  return { accord, side: Number(side), officer, publicKey, accordId: fromHex(accord) };
}

function withStore(mode, act) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => {
        database.close();
        resolve(request.result ?? null);
      };
      transaction.onabort = () => {
        database.close();
        reject(transaction.error);
      };
    };
  });
}

export function fromBase64url(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}
