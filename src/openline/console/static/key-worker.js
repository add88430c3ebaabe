// The work that a passphrase costs (Argon2id), beside the page and not in it: what rings there rings on meanwhile.
//
// Rules of this file: it is asked once, says how far it is, answers with the key, and is ended by whoever asked; it keeps
// nothing and asks nobody.

import { argon2idAsync } from "./built/keyfile.js";

const EACH = 0.01; // of the work, between two words of how far it is

addEventListener("message", async ({ data: { words, salt, cost } }) => {
  let told = 0;
  const onProgress = (share) => {
    if (share - told >= EACH) postMessage({ share: (told = share) });
  };
  const key = await argon2idAsync(words, salt, { ...cost, onProgress });
  words.fill(0);
  postMessage({ key });
});

// What fails in a promise is nobody's error in a worker unless it is made one: the page must not wait for ever.
addEventListener("unhandledrejection", ({ reason }) => {
  setTimeout(() => {
    throw reason;
  });
});
