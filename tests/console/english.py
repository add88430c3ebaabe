"""Finds English on a Korean page: what is left when quoted data, names and typed things are taken away.

Rules of this file: what somebody wrote is inside `.quoted`, `bdi`, `code`, `kbd`, `pre`, a field that is filled, or an
element that says its language; a command is typed as it stands and is no English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser

ASIDE = {"script", "style", "bdi", "code", "kbd", "pre", "time", "textarea", "svg"}
TOLD = ("aria-label", "title", "placeholder", "alt")
VOID = {"meta", "link", "input", "br", "hr", "img", "wbr"}
COMMAND = re.compile(r"openline(?: [a-z-]+)+")
RUN = re.compile(r"[A-Za-z][A-Za-z’'-]*(?:[ ,;:.]+[A-Za-z][A-Za-z’'-]*){2,}")


class Texts(HTMLParser):
    """What a page says of its own: every text and label that is not set aside."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._aside: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        aside = tag in ASIDE or "quoted" in classes or "line-name" in classes or given.get("lang") == "en"
        if not aside and not any(self._aside):
            self.found += [given[name] for name in TOLD if given.get(name)]
        if tag not in VOID:
            self._aside.append(aside)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self._aside:
            self._aside.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._aside):
            self.found.append(data)


def runs(page: str, names: Iterable[str] = ()) -> list[str]:
    """Three or more English words in a row. `names`: of the accord, which stand for themselves."""
    texts = Texts()
    texts.feed(page)
    found = []
    for text in texts.found:
        text = COMMAND.sub("…", " ".join(text.split()))
        for name in names:
            text = re.sub(rf"\b{re.escape(name)}\b", "…", text)
        found += [each[0] for each in RUN.finditer(text)]
    return found
