// The page of a call: takes part in its voice as long as it lasts, shows how well it passes, and sends text without
// leaving the page. It asks this console for what the station knows, and tells the officer whatever goes wrong.

import { hide } from "./focus.js";
import { onState } from "./live.js";
import { Round } from "./voice.js";

const section = document.getElementById("voice");
const id = section.dataset.call;
const words = JSON.parse(section.dataset.words);
const element = (name) => document.getElementById(`voice-${name}`);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const AGAIN_MS = 1000;
const LEVELS_MS = 200;
const WINDOW_MS = 3000; // in which speech must have come, silence included: 150 packets do
const BEGINS_MAX = 8; // by ourselves, after a connection broke; an officer may begin more

/** @type {Round | null} */
let round = null;
let microphone = null;
let input = "";
let wanted = section.dataset.mine === "true";
let begins = 0;
let ended = false;
let last = { at: 0, received: 0, lost: 0 };
let quiet = false;

async function ask(path, body) {
  const how = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(path, how);
  const told = await response.json();
  if (!response.ok) throw Object.assign(new Error(told.what), { status: response.status });
  return told;
}

function say(text, state) {
  if (state) section.dataset.state = state;
  if (element("says").textContent !== text) element("says").textContent = text;
}

function warn(text) {
  element("trouble").hidden = !text;
  if (element("trouble").textContent !== text) element("trouble").textContent = text;
}

// ---- the voice

async function follow() {
  for (let stamp = ""; !ended; ) {
    try {
      const query = stamp ? `?unless=${encodeURIComponent(stamp)}` : "";
      const state = await ask(`/calls/${id}/voice${query}`);
      stamp = state.stamp;
      if (!ended) await step(state);
    } catch (error) {
      if (ended) return;
      say(error.status === 409 ? error.message : words.unreachable, "unreachable");
      stamp = "";
      await pause(AGAIN_MS);
    }
  }
}

/** Do what the voice's state asks of this page. */
async function step(state) {
  if (state.over) return over();
  if (!state.spoken) return;
  section.hidden = false;
  section.dataset.trouble = state.trouble;
  if (!state.available) return say(words.no_voice, "none");
  const ours = state.ours?.round ?? 0;
  const behind = (state.theirs?.round ?? 0) > ours && ours > 0;
  if (round && state.ours && state.ours.fingerprint !== round.fingerprint) return stepAside();
  if (!wanted) return state.ours ? stepAside() : offer();
  if (!round || behind) return begin(state.caller);
  warn(state.refused ? words.refused : round.connecting ? words[state.trouble] ?? "" : "");
  await connect(state);
}

let beginning = null;

/** A fresh round, one at a time. */
function begin(caller) {
  beginning ??= fresh(caller).finally(() => (beginning = null));
  return beginning;
}

/** New certificate, new half, handed in. */
async function fresh(caller) {
  const old = round;
  round = null;
  old?.close();
  await listen();
  const made = new Round(microphone, caller);
  const half = await made.half();
  round = made;
  made.connection.onconnectionstatechange = () => changed(made);
  say(words.waiting, "waiting");
  hide(element("here"), section);
  await connect(await ask(`/calls/${id}/voice`, half));
}

async function connect(state) {
  if (!round || round.connecting || !state.paired || state.ours.fingerprint !== round.fingerprint) return;
  say(words.connecting, "connecting");
  last = { at: Date.now(), received: 0, lost: 0 };
  await round.connect(state.theirs, state.relay);
  element("audio").srcObject = round.heard;
  element("audio").play().catch(() => (element("hear").hidden = false)); // a browser wants a press first
}

async function changed(one) {
  if (one !== round || ended) return;
  if (one.state === "connected") return connected(one);
  if (one.state === "disconnected") say(words.lost, "lost");
  if (one.state !== "failed") return;
  begins += 1;
  if (begins > BEGINS_MAX) {
    say(words.failed, "failed");
    element("here").hidden = false;
    return;
  }
  say(words.lost, "lost");
  await pause(AGAIN_MS);
  if (one === round && !ended) await begin(one.caller).catch(() => say(words.unreachable, "unreachable"));
}

/** Sound passes from here on; but is it theirs? */
async function connected(one) {
  const matches = await one.matches();
  if (matches === null) return; // hung up in that moment: the call's own state says so, and nobody is accused
  if (!matches) {
    section.dataset.key = "mismatch";
    over(words.mismatch);
    await fetch(`/calls/${id}/end`, { method: "POST", body: new URLSearchParams(), redirect: "manual" });
    return;
  }
  section.dataset.key = "matched";
  element("key").textContent = `✓ ${words.matched}`;
  element("mute").disabled = !microphone;
  say(microphone ? words.connected : words.no_microphone, "connected");
}

function stepAside() {
  round?.close();
  round = null;
  wanted = false;
  say(words.elsewhere, "elsewhere");
  element("here").hidden = false;
  warn("");
}

function offer() {
  say("", "offered");
  element("here").hidden = false;
}

function over(why = words.over) {
  ended = true;
  round?.close();
  for (const track of microphone?.getTracks() ?? []) track.stop();
  say(why, "over");
  if (why === words.over) warn("");
  if (document.activeElement === element("mute")) section.focus();
  element("mute").disabled = true;
  if (why !== words.over) return;
  // The page of a call that is over asks what it was; but nothing that somebody is writing is taken away.
  if (document.getElementById("beside-text")?.value) element("log").hidden = false;
  else {
    location.hash = "log-title"; // where the keyboard is when the page is there again
    location.reload();
  }
}

// ---- microphone, speaker

async function listen() {
  if (microphone?.getAudioTracks()[0]?.readyState === "live") return;
  say(words.microphone, "microphone");
  const sound = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  try {
    microphone = await navigator.mediaDevices.getUserMedia({ audio: input ? { ...sound, deviceId: input } : sound });
    mute(quiet);
  } catch {
    microphone = null;
    warn(words.no_microphone);
  }
  await devices();
}

async function devices() {
  const found = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  for (const [kind, name] of [["audioinput", "input"], ["audiooutput", "output"]]) {
    const list = element(name);
    const chosen = list.value;
    const options = found.filter((x) => x.kind === kind).map((x, at) => {
      const option = document.createElement("option");
      option.value = x.deviceId;
      option.textContent = x.label || `${words[name === "input" ? "microphone_default" : "speaker_default"]} ${at + 1}`;
      return option;
    });
    list.replaceChildren(...options);
    if (chosen) list.value = chosen;
    list.disabled = !options.length || (name === "output" && !element("audio").setSinkId);
  }
}

function mute(on) {
  quiet = on;
  for (const track of microphone?.getAudioTracks() ?? []) track.enabled = !on;
  element("mute").setAttribute("aria-pressed", String(on));
  element("mute").querySelector(".words").textContent = on ? words.muted : words.speaking;
}

// ---- how well it passes

async function look() {
  if (!round || round.state !== "connected") return;
  const found = await round.figures();
  element("mic").value = quiet ? 0 : found.mic;
  element("speaker").value = found.speaker;
  section.dataset.energy = String(found.energy);
  const took = Date.now() - last.at;
  if (took < WINDOW_MS) return;
  const [came, lost] = [found.received - last.received, found.lost - last.lost];
  last = { at: Date.now(), received: found.received, lost: found.lost };
  if (!came) return warn(words.nothing_comes);
  if (!section.dataset.trouble && !element("trouble").hidden && microphone) warn("");
  const loss = (100 * lost) / (lost + came);
  const word = loss < 2 && found.delay < 200 ? words.good : loss < 8 && found.delay < 400 ? words.fair : words.poor;
  const text = words.quality.replace("{word}", word).replace("{loss}", loss.toFixed(0));
  element("quality").textContent = text
    .replace("{delay}", found.delay.toFixed(0))
    .replace("{jitter}", found.jitter.toFixed(0));
}

// ---- text beside it

async function send(event) {
  event.preventDefault(); // a page that goes away takes the voice with it
  const form = event.currentTarget;
  const response = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
    headers: { accept: "application/json" },
  }).catch(() => null);
  const told = (await response?.json().catch(() => null)) ?? { what: words.unreachable };
  const refused = told.next_step ? `${told.what}. ${told.next_step}` : told.what;
  document.getElementById("beside-says").textContent = told.says ?? refused;
  if (told.says) form.reset();
}

/** What stands before an officer's eyes is opened: their side is told that it was shown. */
async function shown() {
  if (document.visibilityState !== "visible" || section.dataset.mine !== "true") return;
  for (const item of document.querySelectorAll("[data-open]")) {
    const ref = item.dataset.open;
    delete item.dataset.open;
    await fetch(`/calls/${id}/opened`, { method: "POST", body: new URLSearchParams({ ref }) }).catch(() => null);
  }
}

element("mute").addEventListener("click", () => mute(!quiet));
element("hear").addEventListener("click", () => {
  element("audio").play();
  hide(element("hear"), section);
});
element("here").addEventListener("click", () => {
  wanted = true;
  begins = 0;
  begin(section.dataset.caller === "true").catch((error) => say(error.message, "failed"));
});
element("input").addEventListener("change", async (event) => {
  input = event.target.value;
  for (const track of microphone?.getTracks() ?? []) track.stop();
  await listen();
  const [track] = microphone?.getAudioTracks() ?? [];
  if (track) await round?.connection.getSenders()[0]?.replaceTrack(track);
});
element("output").addEventListener("change", (event) => element("audio").setSinkId?.(event.target.value));
document.getElementById("beside-form")?.addEventListener("submit", send);
addEventListener("beforeunload", (event) => {
  if (!ended && round?.state === "connected" && !document.activeElement?.closest("form[action$='/end']")) {
    event.preventDefault(); // the browser asks: this page's voice would end
  }
});

if (!["answered", "declined", "deferred", "not_rung", "rang_unanswered", "interrupted", "ended"].includes(
  document.querySelector("[data-state]")?.dataset.state,
)) {
  follow();
  setInterval(() => look().catch(() => null), LEVELS_MS);
}
onState(() => shown());
shown();
