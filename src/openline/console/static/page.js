// What every page runs: clocks, the live regions, the ring, the keys. Each part stands alone: if one fails the others go on.

import { startClocks } from "./clock.js";
import { startKeys } from "./keys.js";
import { follow } from "./live.js";
import { startRing } from "./ring.js";
import { worker } from "./trusted.js";

startClocks();
startKeys();
if (document.body.dataset.regions) {
  startRing();
  follow(document.body.dataset.regions);
}
// What is wrong has the keyboard first; else what the address names, also where the page was loaded anew.
(document.querySelector("[data-focus]") ?? document.getElementById(location.hash.slice(1)))?.focus();
navigator.serviceWorker?.register(worker()).catch(() => {
  document.body.dataset.offline = "none"; // a browser without it shows its own page when the console is gone
});
