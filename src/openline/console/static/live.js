// The page's one socket to the console. It replaces regions by what the console rendered, tells listeners how the station
// stands, and says, for as long as no word comes, how old everything on the page is.

import { ago, setNow, tick } from "./clock.js";
import { keepingFocus } from "./focus.js";
import { replace } from "./trusted.js";

const AGAIN_MS = [250, 500, 1000, 2000, 5000];
const QUIET_MS = 1000; // no band for less than this: a page that loads is not a fault

/** @type {Array<(state: object) => void>} */
const listeners = [];
let heard = Date.now();
let lost = false;
let why = "";
let tries = 0;

/** @param {(state: object) => void} listener is told the station's state whenever it changes */
export function onState(listener) {
  listeners.push(listener);
}

/** @param {string} regions names, with commas */
export function follow(regions) {
  const query = new URLSearchParams({ regions, language: document.documentElement.lang });
  const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live?${query}`;
  const socket = new WebSocket(address);
  socket.onmessage = (message) => {
    tries = 0;
    take(JSON.parse(message.data));
  };
  socket.onclose = (event) => {
    if (event.code === 1008) return again(); // signed out, or refused: the page itself says which
    if (!lost) heard = Date.now();
    lost = true;
    setTimeout(() => follow(regions), AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
  };
}

/** @type {Map<string, string>} */
const waiting = new Map(); // regions whose newest cannot be put in place while somebody types or presses in them
let pressed = null;

/** @param {{regions: Record<string, string>, state: any}} told */
function take(told) {
  for (const [name, html] of Object.entries(told.regions)) waiting.set(name, html);
  if (told.state.rests) rest(told.state);
  else if (resting) return again(); // somebody signed in on another page of this browser
  settle();
  if (told.state.now_s) setNow(told.state.now_s, told.state.speed);
  if (told.state.reachable) heard = Date.now();
  lost = !told.state.reachable;
  why = told.state.why ?? "";
  showAge();
  tick();
  for (const listener of listeners) listener(told.state);
}

let resting = false;

/** Loads the page anew, unless it is leaving for where a form of its own leads: the socket may hear of that first. */
function again() {
  if (!document.body.dataset.leaving) location.reload();
}

/** Nobody did anything here for long: what was shown is taken away, what rings goes on ringing, and one press signs in. */
function rest(state) {
  const page = document.getElementById("rests");
  if (!page) return again();
  if (!resting) {
    resting = true;
    for (const each of document.querySelectorAll("#main, .skip, .who, .menu, .band, [data-region]")) each.remove();
    const shown = document.importNode(page.content, true).querySelector("main");
    document.body.append(shown);
    document.title = document.body.dataset.title = page.dataset.title;
    import("./passkey.js").then((passkeys) => passkeys.startPasskeys());
    shown.focus();
  }
  const loud = state.sounding.some((each) => !each.quiet);
  document.getElementById("rings").hidden = !loud && !state.ringing.length;
}

/** Put in place what can be. A press is two events: a button that is replaced between them is never pressed. */
function settle() {
  for (const [name, html] of waiting) {
    const region = document.querySelector(`[data-region="${CSS.escape(name)}"]`);
    const typed = document.activeElement?.closest("input, textarea, select") ?? null;
    if (region?.contains(typed) || region?.contains(pressed)) continue;
    waiting.delete(name);
    if (region) keepingFocus(region, () => replace(region, html));
  }
}

function showAge() {
  const band = document.getElementById("lost");
  const age = Date.now() - heard;
  const shown = lost && age > QUIET_MS;
  document.body.classList.toggle("stale", shown);
  if (!band) return;
  band.hidden = !shown;
  const [mute, ready] = ["mute", "ready"].map((id) => document.getElementById(id)); // of a page at rest
  if (mute) [mute.hidden, ready.hidden] = [!shown, shown];
  if (shown) {
    const { lost: said, since } = document.body.dataset;
    const text = `◌ ${said}${why ? `: ${why}` : ""}. ${since}: ${ago(age / 1000)}`;
    if (band.textContent !== text) band.textContent = text;
  }
}

setInterval(showAge, 1000);
document.addEventListener("pointerdown", (event) => (pressed = event.target), true);
document.addEventListener("keydown", (event) => event.key === " " && (pressed = event.target), true);
for (const end of ["pointerup", "pointercancel", "keyup", "focusout"]) {
  document.addEventListener(end, (event) => {
    if (event.type !== "focusout") pressed = null;
    setTimeout(settle); // after the click, or the next focus, that follows
  }, true);
}
addEventListener("blur", () => (pressed = null)); // what is let go elsewhere is told to nobody here
