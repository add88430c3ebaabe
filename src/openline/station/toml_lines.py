"""Where each key and item of a TOML document stands. `tomllib` gives values but no positions (spec 12.1.2).

Rules of this file: it is given only text that `tomllib` has read without complaint, so it looks for the ends of
things and checks nothing; what it decodes itself (a quoted key) it decodes by `tomllib`; it makes no values.

A path is the way from the root: ("step", 3, "expect", "formal") is a key of the fourth `[[step]]`, whether the file
writes it in an inline table, under a `[step.expect]` header, or dotted.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Mapping
from typing import Final, TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?!")'
    r"|'''.*?'''(?!')"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'",
    re.DOTALL,
)
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR: Final = re.compile(r"[^,\]}#\n]*")


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """The line of `path`, or of the nearest table around it that stands in the file (a missing key has none)."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def lines_of(text: str) -> dict[Path, int]:
    """The line, from 1, of every key, array item and table of a document that `tomllib.loads` accepts."""
    walk = _Walk(text.replace("\r\n", "\n"))
    walk.document()
    return walk.lines


class _Walk:
    """One pass over the text; `at` is where it stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self._counts: dict[Path, int] = {}  # tables so far in each array of tables

    def document(self) -> None:
        table: Path = ()
        self._blank()
        while self.at < len(self.text):
            table = self._header() if self.text[self.at] == "[" else self._pair(table)
            self._blank()

    def _header(self) -> Path:
        """`[a.b]` or `[[a.b]]`: the path of the table that it opens."""
        line = self._line()
        twice = self.text.startswith("[[", self.at)
        self.at += 2 if twice else 1
        *outer, last = self._key()
        self.at += 2 if twice else 1
        path: Path = ()
        for name in outer:
            path = self._newest((*path, name))
            self.lines.setdefault(path, line)
        path = (*path, last)
        if twice:
            self.lines.setdefault(path, line)
            self._counts[path] = self._counts.get(path, 0) + 1
        path = self._newest(path)
        self.lines[path] = line
        return path

    def _newest(self, path: Path) -> Path:
        """`path`, or the newest table in it if it is an array of tables."""
        count = self._counts.get(path, 0)
        return (*path, count - 1) if count else path

    def _pair(self, table: Path) -> Path:
        """`key = value` in `table`; returns `table`, in which what follows still stands."""
        line = self._line()
        path = table
        for name in self._key():
            path = (*path, name)
            self.lines.setdefault(path, line)
        self.at += 1  # the equals sign
        self._blank()
        self._value(path)
        return table

    def _key(self) -> list[str]:
        """A key's parts; leaves `at` on what follows it: `=` or `]`."""
        parts: list[str] = []
        self._blank()
        while match := _STRING.match(self.text, self.at) or _BARE_KEY.match(self.text, self.at):
            parts.append(_decoded(match.group()))
            self.at = match.end()
            self._blank()
            if not self.text.startswith(".", self.at):
                break
            self.at += 1
            self._blank()
        return parts

    def _value(self, path: Path) -> None:
        if self.text.startswith("[", self.at):
            self._array(path)
        elif self.text.startswith("{", self.at):
            self._inline_table(path)
        else:
            match = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            self.at = match.end() if match is not None else len(self.text)

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        self._blank()
        while self.at < len(self.text) and self.text[self.at] != "]":
            item = (*path, index)
            self.lines[item] = self._line()
            self._value(item)
            self._separator()
            index += 1
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        self._blank()
        while self.at < len(self.text) and self.text[self.at] != "}":
            self._pair(path)
            self._separator()
        self.at += 1

    def _separator(self) -> None:
        self._blank()
        if self.text.startswith(",", self.at):
            self.at += 1
            self._blank()

    def _blank(self) -> None:
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match is not None else self.at

    def _line(self) -> int:
        return bisect_left(self._ends, self.at) + 1


def _decoded(key: str) -> str:
    if key[0] == "'":
        return key[1:-1]
    if key[0] == '"':
        return str(tomllib.loads(f"key = {key}")["key"])
    return key
