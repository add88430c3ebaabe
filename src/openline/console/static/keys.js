// Single keys for an officer who does not use a mouse: an element with data-key is pressed by its letter. They can be
// switched off (WCAG 2.1.4), and never act while somebody types.

const OFF = "keys-off";

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || localStorage.getItem(OFF)) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const found = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!found || found.disabled) return;
    event.preventDefault();
    found.focus();
    if (!found.matches("input, textarea")) found.click();
  });
}

/** Whether single keys act in this browser. */
export const keysOn = () => !localStorage.getItem(OFF);

/** @param {boolean} on */
export function setKeys(on) {
  on ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1");
}
