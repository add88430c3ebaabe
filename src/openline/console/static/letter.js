// Letters in the page: written, signed and sealed here, and opened here. What leaves the page is a sealed file, or nothing.
//
// Rules of this file:
// 1. Text, key file and passphrase stand in fields without names, outside of every form that is sent; they are in this
//    page's memory while they are needed, in no request and no storage.
// 2. Sealed to hybrid recipients alone; what was sealed is read again before it may be sent.
// 3. What was sealed in a letter is put on the page as text.

import { Decrypter, Encrypter, identityToRecipient } from "./built/age.js";
import { write, read } from "./letter-document.js";
import { KeyRefused, importSeed, mapOf, openFile } from "./officer-key.js";
import { FILE_BYTES_MAX, LetterRefused, checkRecipient, identityOf, recipientsOf } from "./sealed-file.js";

const KEY_FILE_BYTES_MAX = 4096;
const root = document.querySelector("[data-letters]");
const agreed = JSON.parse(root.dataset.agreed);

// ---- keys

/** A principal's key from a file: {name, identity, recipient, seed}. */
async function principalFrom(box) {
  const [file] = box.querySelector("[data-key-file]").files;
  if (!file) throw new LetterRefused("no-key-file");
  if (file.size > KEY_FILE_BYTES_MAX) throw new KeyRefused("not-a-key-file");
  const passphrase = box.querySelector("[data-passphrase]");
  const [kind, secret] = await openFile(new Uint8Array(await file.arrayBuffer()), passphrase.value);
  passphrase.value = "";
  const fields = mapOf(secret);
  const [name, xwing, seed] = [fields.get(1), fields.get(2), fields.get(3)];
  if (kind !== "principal" || typeof name !== "string" || xwing?.length !== 32 || seed?.length !== 32) {
    throw new KeyRefused("not-a-principal");
  }
  const identity = identityOf(xwing);
  return { name, seed, identity, recipient: await identityToRecipient(identity) };
}

/** The principal of our side that holds this key. */
function oursWith({ name, recipient }) {
  const found = agreed.sides[agreed.us].principals.find((each) => each.name === name);
  if (found?.recipient !== recipient) throw new LetterRefused("another-principal");
  return found;
}

// ---- sealing

async function seal(box) {
  const text = box.querySelector("[data-text]").value;
  const language = box.querySelector("[data-language]").value.trim();
  if (!text.trim()) throw new LetterRefused("no-text");
  if (!language) throw new LetterRefused("no-language");
  const them = agreed.sides[1 - agreed.us];
  const to = them.principals.find((each) => each.name === box.querySelector("[data-to]").value);
  if (!to) throw new LetterRefused("no-principal");
  const key = await principalFrom(box);
  const writer = oursWith(key);
  const { key: signing } = await importSeed(key.seed);
  const from = { side: agreed.us, name: writer.name };
  const letter = await write(agreed, from, { side: 1 - agreed.us, name: to.name }, language, text, signing);
  const recipients = [to.recipient, ...(box.querySelector("[data-copy]").checked ? [writer.recipient] : [])];
  const encrypter = new Encrypter();
  for (const each of recipients) encrypter.addRecipient(checkRecipient(each));
  const sealed = await encrypter.encrypt(letter);
  if (recipientsOf(sealed) !== recipients.length) throw new LetterRefused("mixed");
  return { sealed, to: to.name };
}

async function takeSealed(box) {
  const [file] = box.querySelector("[data-sealed-file]").files;
  if (!file) throw new LetterRefused("no-file");
  if (file.size > FILE_BYTES_MAX) throw new LetterRefused("too-long");
  const sealed = new Uint8Array(await file.arrayBuffer());
  recipientsOf(sealed);
  return { sealed, to: box.querySelector("[data-to]").value };
}

/** Put a sealed file into the form that may be sent. */
function ready({ sealed, to }) {
  if (sealed.length > FILE_BYTES_MAX) throw new LetterRefused("too-long");
  const form = root.querySelector("[data-send]");
  form.elements.age.value = base64(sealed);
  form.elements.to.value = to;
  form.querySelector("[data-sealed-for]").textContent = `${to} · ${sealed.length.toLocaleString()} B`;
  form.hidden = false;
  form.querySelector("button").focus();
}

// ---- opening

async function open(box) {
  const chosen = box.querySelector("[data-sealed-file]")?.files[0];
  const data = chosen ? new Uint8Array(await chosen.arrayBuffer()) : fromBase64(box.dataset.age ?? "");
  recipientsOf(data);
  const { identity, recipient, seed } = await principalFrom(box);
  seed.fill(0);
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  let plain;
  try {
    plain = await decrypter.decrypt(data);
  } catch {
    throw new LetterRefused("not-opened");
  }
  show(box, await read(plain, agreed, recipient), plain);
}

function show(box, letter, plain) {
  const place = box.querySelector("[data-opened]");
  place.replaceChildren();
  const rows = letter ? [["from", letter.from], ["to", letter.to], ["written", moment(letter.time)]] : [];
  const list = document.createElement("dl");
  list.className = "pairs";
  for (const [name, value] of rows) {
    list.append(element("dt", place.dataset[name]), element("dd", value));
  }
  place.append(element("p", letter ? place.dataset.proven : place.dataset.unproven), list);
  for (const [language, text] of letter ? letter.texts : [["", plainText(plain)]]) {
    if (language) place.append(element("h3", language));
    place.append(element("p", text, "quoted"));
  }
  place.hidden = false;
  place.focus();
}

/** A plain file's text; refuses what is none. */
function plainText(data) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    throw new LetterRefused("not-text");
  }
}

function element(tag, text, kind = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.dir = "auto";
  made.className = kind;
  return made;
}

const moment = (seconds) => (seconds <= 8.64e12 ? `${new Date(seconds * 1000).toISOString().slice(0, 16)}Z` : String(seconds));

// ---- the page

/** Do something with a box, and say in it what came of that. */
async function attempt(box, act) {
  const buttons = [...box.querySelectorAll("button")];
  say(box, "waiting");
  for (const button of buttons) button.disabled = true;
  try {
    await act();
    say(box, "");
  } catch (error) {
    say(box, error instanceof LetterRefused || error instanceof KeyRefused ? error.why : "failed");
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

function say(box, why) {
  for (const each of box.querySelectorAll("[data-says]")) {
    each.hidden = each.dataset.says !== why;
    if (!each.hidden && each.getAttribute("role") === "alert") each.focus();
  }
}

const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

for (const [name, act] of Object.entries({
  seal: async (box) => ready(await seal(box)),
  take: async (box) => ready(await takeSealed(box)),
  open,
})) {
  for (const box of root.querySelectorAll(`[data-letter="${name}"]`)) {
    box.querySelector("[data-do]").addEventListener("click", () => attempt(box, () => act(box)));
  }
}
const typing = root.querySelector("[data-text]");
addEventListener("beforeunload", (event) => {
  if (typing?.value && root.querySelector("[data-send]").hidden) event.preventDefault(); // it is kept nowhere
});
