"""Forms in steps: typed, checked, done. What is wrong is told by field, and nothing that was typed is lost.

Rules of this file: a step that changes something is reached only from the page that says in words what it does; where
that page asks for a second word, the second word is held here and not in the browser.
"""

from __future__ import annotations

from typing import Final

from openline.console.asked import Asked, Form

CHECK: Final = "check"
CHANGE: Final = "change"
DO: Final = "do"
STEPS: Final = (CHECK, CHANGE, DO)
TEXT_MAX: Final = 4000  # of one field that is kept in a page; the station's own bounds are nearer


class Problems(dict[str, str]):
    """What is wrong, by field, in the reader's language; an empty one means that nothing is."""


class Typed:
    """What a form holds now: `one` of each field, `many` where a field may be there several times."""

    def __init__(self, form: Form | None = None, /, **first: str | tuple[str, ...]) -> None:
        self.one: dict[str, str] = {}
        self.many: dict[str, tuple[str, ...]] = {}
        for name in form if form is not None else ():
            self.one[name], self.many[name] = form[name][:TEXT_MAX], form.many(name)  # type: ignore[index, union-attr]
        for name, value in first.items():
            self.many[name] = (value,) if isinstance(value, str) else value
            self.one[name] = value if isinstance(value, str) else "".join(value[:1])

    def get(self, name: str, otherwise: str = "") -> str:
        return self.one.get(name, otherwise)

    def has(self, name: str, value: str) -> bool:
        return value in self.many.get(name, ())

    def kept(self) -> list[tuple[str, str]]:
        """Every field but the steps', to be sent again by the next page."""
        names = (name for name in self.many if name not in ("step", "sure"))
        return [(name, value) for name in names for value in self.many[name]]


def step_of(form: Form) -> str:
    return form["step"] if form["step"] in STEPS else CHECK


def sure(asked: Asked, form: Form, problems: Problems) -> bool:
    """Whether the second word was given, which a step that cannot be taken back asks for."""
    if form["sure"] != "yes":
        problems["sure"] = asked.words("Confirm that you know this, or go back.")
    return form["sure"] == "yes"
