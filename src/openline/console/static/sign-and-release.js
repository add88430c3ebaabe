// The component `sign-and-release`: see the head of officer-key.js for how a page uses it.
//
// Rules of this file: what is shown was read here out of the very bytes that are signed; the digest that the passkey
// asserts is of the message that was signed here, whatever the console says it should be.

import { readAct } from "./acts.js";
import { fromHex, toHex } from "./cbor.js";
import { giveBack } from "./focus.js";
import { keyOf, officerMessage, sha256, sign, whoOf } from "./officer-key.js";
import { Said, ask, assertion, say } from "./passkey.js";

/** Put what the bytes say on the page, in rows of name and text. */
function show(list, body, { words, lines, what }) {
  const { kind, rows } = readAct(body, words, lines);
  for (const [name, text] of [[what, kind], ...rows]) {
    const term = document.createElement("dt");
    const told = document.createElement("dd");
    term.textContent = name;
    told.textContent = text;
    told.dir = "auto";
    told.className = "quoted";
    list.append(term, told);
  }
}

async function release(root, form, who, body) {
  const key = await keyOf(who);
  if (key === null) throw new Said("no-key");
  const counter = BigInt(form.elements.counter.value);
  const message = officerMessage(who.accordId, who.side, body, Number(root.dataset.number), counter);
  const digest = await sha256(message);
  const told = await ask(form.dataset.signAsk, new FormData(form));
  // A trial asks for no passkey; a real console takes nothing without the answer of one.
  if (told.request) form.elements.answer.value = await assertion({ ...told.request, challenge: base64url(digest) });
  form.elements.signature.value = toHex(await sign(key, message));
  form.elements.ticket.value = told.ticket;
  form.submit();
}

function start(root) {
  const form = root.querySelector("form");
  const button = form.querySelector("button");
  const who = whoOf(root.dataset);
  const body = fromHex(root.dataset.body);
  try {
    show(root.querySelector("dl"), body, JSON.parse(root.dataset.told));
  } catch {
    say(root, "unreadable"); // and nothing can be signed
    return;
  }
  button.disabled = false;
  keyOf(who).then((key) => key === null && say(root, "no-key"), () => say(root, "no-key"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    say(root, "waiting");
    try {
      await release(root, form, who, body);
    } catch (error) {
      button.disabled = false;
      say(root, error instanceof Said ? error.why : "failed", error instanceof Said ? error.text : "");
      giveBack(button);
    }
  });
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

for (const root of document.querySelectorAll("[data-sign-and-release]")) start(root);
