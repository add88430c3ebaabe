// The pages of sign-in, enrolment and settings: passkeys in forms, the officer's key in this browser, and its single keys.

import { giveBack } from "./focus.js";
import { keysOn, setKeys } from "./keys.js";
import { KeyRefused, forgetKey, keyOf, takeKeyFile, whoOf } from "./officer-key.js";
import { say, startPasskeys } from "./passkey.js";

startPasskeys();
for (const panel of document.querySelectorAll("[data-officer-key]")) startKey(panel);

const keys = document.getElementById("keys-on");
if (keys) {
  keys.checked = keysOn();
  keys.addEventListener("change", () => setKeys(keys.checked));
}

/** The panel that says whether this browser has the officer's key, takes one in, and forgets it. */
function startKey(panel) {
  const who = whoOf(panel.dataset);
  const form = panel.querySelector("form");
  const forget = panel.querySelector("button[data-forget]");
  const bar = panel.querySelector("progress");

  async function show() {
    const held = (await keyOf(who)) !== null;
    panel.dataset.state = held ? "here" : "none";
    for (const each of panel.querySelectorAll("[data-if]")) each.hidden = each.dataset.if !== panel.dataset.state;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { file, passphrase } = form.elements;
    const button = form.querySelector("button");
    button.disabled = true;
    bar.hidden = false;
    say(panel, "opening");
    try {
      const data = new Uint8Array(await file.files[0].arrayBuffer());
      await takeKeyFile(data, passphrase.value, who, (share) => (bar.value = share));
      form.reset();
      say(panel, "taken");
      await show();
    } catch (error) {
      say(panel, error instanceof KeyRefused ? error.why : "not-kept");
      if (error.why === "wrong-passphrase") giveBack(passphrase);
    } finally {
      passphrase.value = "";
      button.disabled = false;
      bar.hidden = true;
      giveBack(button);
    }
  });
  forget.addEventListener("click", async () => {
    await forgetKey(who);
    say(panel, "forgotten");
    form.elements.file.focus(); // the button that was pressed goes away
    await show();
  });
  show().catch(() => say(panel, "not-kept"));
}
