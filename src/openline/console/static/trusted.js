// The one Trusted Types policy of our own code (the other is htmx's). It admits HTML that this console rendered and sent
// on its own socket, and two script addresses: the service worker's, and that of the worker which opens key files.

const KEY_WORKER = new URL("key-worker.js", import.meta.url).pathname;

let html = 0; // how many fragments are being put in place now; zero outside live.js

const policy = globalThis.trustedTypes?.createPolicy("console", {
  createHTML(text) {
    if (html < 1) throw new TypeError("no HTML is made here");
    return text;
  },
  createScriptURL(address) {
    if (address !== "/sw.js" && address !== KEY_WORKER) throw new TypeError("no script is loaded here");
    return address;
  },
});

/**
 * Replace what an element holds by a fragment that the console rendered.
 * @param {Element} element
 * @param {string} text
 */
export function replace(element, text) {
  html += 1;
  try {
    element.innerHTML = policy ? policy.createHTML(text) : text;
  } finally {
    html -= 1;
  }
}

/** The address of the worker that opens key files, as something a browser under Trusted Types takes. */
export function keyWorker() {
  return policy ? policy.createScriptURL(KEY_WORKER) : KEY_WORKER;
}

/** The address of the service worker, as something a browser under Trusted Types takes. */
export function worker() {
  return policy ? policy.createScriptURL("/sw.js") : "/sw.js";
}
