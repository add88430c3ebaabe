// Where the keyboard is when what had it goes away: an officer without a mouse is never set back to the top of the page.
//
// Rules of this file: the keyboard goes to what is the same to an officer, whatever its words are now; where nothing is,
// to the place where it was, which does nothing when it is pressed; nothing is taken from whoever went on meanwhile.

const HELD = "a[href], button, summary, [tabindex]";

/** What stays the same of a link, a button or a fold while its words change: where it leads, what it sends. */
function identity(element) {
  if (element.matches("a")) return `a ${element.getAttribute("href")}`;
  if (element.form) return `${element.form.getAttribute("action")} ${new URLSearchParams(new FormData(element.form, element))}`;
  return `${element.tagName} ${element.matches("summary") ? "" : element.getAttribute("aria-label") ?? element.textContent}`;
}

/** Those in a region that are the same as this one, in their order. */
const alike = (region, wanted) => [...region.querySelectorAll(HELD)].filter((each) => identity(each) === wanted);

/**
 * Replace what a region holds. What had the keyboard has it again; what somebody unfolded stays unfolded.
 * @param {Element} region
 * @param {() => void} act
 */
export function keepingFocus(region, act) {
  const held = region.contains(document.activeElement) && region !== document.activeElement && document.activeElement;
  const wanted = held && identity(held);
  const place = held ? alike(region, wanted).indexOf(held) : -1;
  const folds = () => [...region.querySelectorAll("details")];
  const open = folds().map((each) => each.open);
  act();
  folds().forEach((each, at) => (each.open = open[at] ?? each.open));
  if (!held) return;
  const found = alike(region, wanted);
  (found[place] ?? found.at(-1) ?? still(region)).focus({ preventScroll: true });
}

/** The region itself, or the page's content where it shows nothing any more. */
function still(region) {
  const place = region.childElementCount ? region : document.querySelector("main");
  if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
  return place;
}

/** Give the keyboard back to what could not be pressed for a while, unless an officer went elsewhere. */
export function giveBack(element) {
  const now = document.activeElement;
  if (!now || now === document.body || now === element) element.focus();
}

/** Hide what is over; if it had the keyboard, `next` has it. */
export function hide(element, next) {
  const held = element === document.activeElement;
  element.hidden = true;
  if (held) next.focus();
}
