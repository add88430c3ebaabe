// Passkeys in forms. A form with `data-ask` is not sent as it is: its fields go to that address first, which answers what
// a passkey is to be asked; the answers go into the form's hidden fields, and then the form is sent.
//
//     <form method="post" action="/sign-in" data-ask="/sign-in/ask">
//       <input type="hidden" name="answer">                     an assertion, where `request` was asked
//       <input type="hidden" name="made">                       a new passkey, where `creation` was asked
//       <p data-say="refused" role="alert" hidden></p>          the console's own words, where it refuses to ask
//       <p data-say="cancelled" role="alert" hidden>…</p>       the person or the authenticator said no, or it took too long
//       <p data-say="held" role="alert" hidden>…</p>            the authenticator holds a passkey of this officer already
//       <p data-say="unreachable" role="alert" hidden>…</p>     the console does not answer
//       <p data-say="unsupported" role="alert" hidden>…</p>     this browser has no passkeys here
//       <p data-say="waiting" role="status" hidden>…</p>        while the authenticator is asked
//
// Rules of this file: the words are the page's, in the reader's language; what is typed stays typed; after a refusal the
// keyboard is where it was.

import { giveBack } from "./focus.js";

/** Show one of the things that an element can say, or none. */
export function say(root, name, text = "") {
  for (const each of root.querySelectorAll("[data-say]")) {
    each.hidden = each.dataset.say !== name;
    if (!each.hidden && text) each.textContent = text;
  }
}

const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** What a console says where it refuses; `why` names what the page has words for. */
export class Said extends Error {
  constructor(why, text = "") {
    super(text || why);
    this.why = why;
    this.text = text;
  }
}

/** Post fields to an address of this console; the JSON it answers. Throws Said. */
export async function ask(address, fields) {
  let answer;
  try {
    answer = await fetch(address, { method: "POST", body: fields, redirect: "error" });
  } catch {
    throw new Said("unreachable");
  }
  const isJson = answer.headers.get("content-type")?.startsWith("application/json");
  const told = isJson ? await answer.json() : null;
  if (answer.ok && told) return told;
  throw told ? new Said("refused", [told.what, told.next_step].filter(Boolean).map(sentence).join(" ")) : new Said("unreachable");
}

/** What a passkey answers to a request, as text. Throws Said. */
export async function assertion(request) {
  return answered((options) => navigator.credentials.get({ publicKey: options }), "parseRequestOptionsFromJSON", request);
}

/** A new passkey, as text. Throws Said. */
export async function creation(request) {
  return answered((options) => navigator.credentials.create({ publicKey: options }), "parseCreationOptionsFromJSON", request);
}

async function answered(act, parse, request) {
  if (!globalThis.PublicKeyCredential?.[parse]) throw new Said("unsupported");
  try {
    return JSON.stringify((await act(PublicKeyCredential[parse](request))).toJSON());
  } catch (error) {
    // Browsers say no more than that, so that no page learns who is there; but for one that holds what it is to make.
    throw new Said(error.name === "InvalidStateError" ? "held" : "cancelled");
  }
}

/** Ask first, then send. */
async function send(form) {
  const button = form.querySelector("button:not([type=button])");
  button.disabled = true;
  say(form, "waiting");
  try {
    const told = await ask(form.dataset.ask, new FormData(form));
    if (told.request) form.elements.answer.value = await assertion(told.request);
    if (told.creation) form.elements.made.value = await creation(told.creation);
    document.body.dataset.leaving = "true";
    form.submit();
  } catch (error) {
    button.disabled = false;
    say(form, error instanceof Said ? error.why : "unreachable", error instanceof Said ? error.text : "");
    giveBack(button);
  }
}

export function startPasskeys() {
  for (const form of document.querySelectorAll("form[data-ask]:not([data-asks])")) {
    form.dataset.asks = "";
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form);
    });
  }
}
