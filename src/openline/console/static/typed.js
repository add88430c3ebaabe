// What an officer typed is not lost: each form with data-typed is kept in this tab's storage while it is typed in, and put
// back when its page is loaded anew, after an error, a restart of the console or a slip of the Back key.
//
// Rules of this file: it is kept in the browser's session storage and nowhere else, and forgotten once it was sent; what
// the console itself put into a field stays; files and passphrases are never kept.

const PREFIX = "typed ";
const KEPT = "input:not([type=hidden]):not([type=file]):not([type=password]), textarea, select";

/** @param {HTMLFormElement} form */
function keep(form) {
  const values = [...form.querySelectorAll(KEPT)]
    .filter((field) => field.name && !field.closest("[data-secret]"))
    .map((field) => [field.name, field.value, field.type === "checkbox" || field.type === "radio" ? field.checked : null]);
  sessionStorage.setItem(PREFIX + form.dataset.typed, JSON.stringify(values));
}

/** @param {HTMLFormElement} form */
function putBack(form) {
  const kept = JSON.parse(sessionStorage.getItem(PREFIX + form.dataset.typed) ?? "[]");
  let changed = false;
  for (const [name, value, checked] of kept) {
    for (const field of form.querySelectorAll(KEPT)) {
      if (field.name !== name) continue;
      if (checked !== null) {
        if (field.value === value && field.checked !== checked) [field.checked, changed] = [checked, true];
      } else if (field.value !== value) [field.value, changed] = [value, true];
    }
  }
  const told = form.querySelector("[data-typed-back]");
  if (told && changed) told.hidden = false;
}

if (document.querySelector("[data-typed-sent]")) {
  for (const name of Object.keys(sessionStorage)) if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
}
for (const form of document.querySelectorAll("form[data-typed]")) {
  if (form.dataset.typedFilled === undefined) putBack(form); // else the console filled it with what was typed last
  form.addEventListener("input", () => keep(form));
  form.querySelector("[data-typed-clear]")?.addEventListener("click", () => {
    sessionStorage.removeItem(PREFIX + form.dataset.typed);
    location.reload();
  });
}
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => queueMicrotask(() => {
    for (const button of form.querySelectorAll("button")) button.disabled = true; // one press sends once
  }));
}
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const button of document.querySelectorAll("form[data-once] button")) button.disabled = false;
});
