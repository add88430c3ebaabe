// Clocks and ages. The time is the station's, not this machine's: an officer's own clock may be wrong.

let base = Date.now(); // the station's time, in milliseconds, when our own clock said `at`
let at = base;
let pace = 1; // of its time to ours: a play may run faster, or stand

/** @returns {number} the station's time now, in milliseconds since 1970 */
export function now() {
  return base + (Date.now() - at) * pace;
}

/** @param {number} seconds the station's time at this moment @param {number} speed how fast it passes */
export function setNow(seconds, speed) {
  [base, at, pace] = [seconds * 1000, Date.now(), speed];
}

/** @param {number} seconds how long ago @returns {string} in the page's language */
export function ago(seconds) {
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always", style: "short" });
  const steps = [["second", 60], ["minute", 60], ["hour", 24], ["day", Infinity]];
  let value = Math.max(0, Math.floor(seconds));
  for (const [unit, next] of steps) {
    if (value < next) return words.format(-value, unit);
    value = Math.floor(value / next);
  }
  return "";
}

/** @param {number} seconds until something @returns {string} as 6 hr, 58 min, in the page's language; "" where unknown */
export function ahead(seconds) {
  if (!Intl.DurationFormat) return "";
  const minutes = Math.max(0, Math.floor(seconds / 60));
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor(minutes / 60) % 24;
  const parts = days ? { days, hours } : { hours, minutes: minutes % 60 };
  if (!minutes) return "";
  return new Intl.DurationFormat(document.documentElement.lang, { style: "short" }).format(parts);
}

/** Write every clock and age on the page anew. */
export function tick() {
  const at = new Date(now());
  for (const element of document.querySelectorAll("time[data-clock]")) {
    const zone = element.dataset.clock;
    const words = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
    element.textContent = words.format(at) + (element.dataset.zulu === undefined ? "" : "Z");
  }
  for (const element of document.querySelectorAll("time[data-ago]")) {
    element.textContent = ago(at.getTime() / 1000 - Number(element.dataset.ago));
  }
  for (const element of document.querySelectorAll("time[data-until]")) {
    const text = ahead(Number(element.dataset.until) - at.getTime() / 1000);
    if (text && element.textContent !== text) element.textContent = text;
  }
}

export function startClocks() {
  const { now: seconds, speed } = document.body.dataset;
  if (seconds) setNow(Number(seconds), Number(speed));
  tick();
  setInterval(tick, 1000);
}
