// The ring of this page: what sounds, and whether this page can sound at all. It stands beside the station's own ring
// (docs/duty.md), which does not need a browser.
//
// High priority and ringing calls sound without a pause, medium for a moment each minute, low not at all. What an officer
// acknowledged anywhere is quiet here too: the station says so, not this page.

import { onState } from "./live.js";

const MINUTE_MS = 60_000;
const TONES = { call: [440, 480], high: [880, 660], medium: [587, 587] };

let context = null;
let sounding = "";
let lastMedium = 0;
let state = { ringing: [], sounding: [] };

const button = () => document.getElementById("arm");

function armed() {
  return context?.state === "running";
}

async function arm() {
  context ??= new AudioContext();
  await context.resume();
  show();
  beep("medium", 0.1);
}

function show() {
  const on = armed();
  const element = button();
  if (!element) return;
  element.setAttribute("aria-pressed", String(on));
  element.firstElementChild.textContent = on ? "♪" : "◌";
  element.querySelector(".words").textContent = on ? element.dataset.on : element.dataset.off;
  element.querySelector(".more").hidden = on;
  document.body.dataset.armed = String(on);
}

/** @param {keyof TONES} kind @param {number} seconds */
function beep(kind, seconds) {
  if (!armed()) return;
  TONES[kind].forEach((frequency, place) => {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    volume.gain.value = 0.25;
    tone.connect(volume).connect(context.destination);
    const from = context.currentTime + (kind === "call" ? 0 : (place * seconds) / 2);
    tone.start(from);
    tone.stop(from + (kind === "call" ? seconds : seconds / 2));
  });
}

function loudest() {
  if (state.ringing?.length) return "call";
  const loud = (state.sounding ?? []).filter((x) => !x.quiet);
  if (loud.some((x) => x.priority === "high")) return "high";
  return loud.some((x) => x.priority === "medium") ? "medium" : "";
}

function ring() {
  sounding = loudest();
  document.body.dataset.sounding = sounding;
  if (sounding === "call" || sounding === "high") beep(sounding, 0.8);
  if (sounding === "medium" && Date.now() - lastMedium >= MINUTE_MS) {
    lastMedium = Date.now();
    beep("medium", 0.6);
  }
  title();
}

let plain = "";

function title() {
  plain = document.body.dataset.title ?? (plain || document.title);
  document.title = sounding && new Date().getSeconds() % 2 ? `▲ ${plain}` : plain;
}

/** Acknowledges without leaving the page: a call goes on, what is written stays, and the bar says whose word it was. */
async function acknowledge(event) {
  const form = event.target;
  if (!form.matches("form[data-stay]")) return;
  event.preventDefault();
  const how = { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" };
  const answer = await fetch(form.action, how).catch(() => null);
  if (answer?.type !== "opaqueredirect") form.submit(); // refused, or nobody answers: a page of its own says why
}

export function startRing() {
  document.addEventListener("submit", acknowledge);
  button()?.addEventListener("click", arm);
  // Any press on the page may arm it: a browser lets a page sound only after one.
  document.addEventListener("pointerdown", () => armed() || arm(), { once: true });
  document.addEventListener("keydown", () => armed() || arm(), { once: true });
  onState((told) => {
    if (told.reachable) state = told;
    ring();
  });
  setInterval(ring, 1000);
  show();
}
