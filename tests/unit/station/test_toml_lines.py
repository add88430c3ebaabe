"""Positions in TOML documents, held against documents that are written at random."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from openline.station.toml_lines import line_of, lines_of

KEYS = st.sampled_from(["a", "b", "c-1", "d.e", "ключ", 'q"q', "#h", "[x]", "e = 1", ""])
LEAVES = st.one_of(
    st.integers(0, 10**9),
    st.booleans(),
    st.text("ab ,=#[]{}'\"\\\n", max_size=8),
    st.sampled_from(["2020-06-09T12:00:00+09:00", "2020-06-09 12:00:00", "2020-06-09", "09:00:00", "1e3"]).map(
        lambda text: tomllib.loads(f"x = {text}")["x"]
    ),
)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)
DOCUMENTS = st.dictionaries(KEYS, TREES, max_size=4)


class Writer:
    """Writes a document in a random one of its TOML forms and notes the line of each path as it goes."""

    def __init__(self, data: st.DataObject) -> None:
        self.text = ""
        self.lines: dict[tuple[str | int, ...], int] = {}
        self.draw = data.draw

    def flip(self) -> bool:
        return bool(self.draw(st.booleans()))

    def here(self, path: tuple[str | int, ...]) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def space(self, *, newlines: bool) -> None:
        blanks = ["", " ", "\t"] + (["\n", ' # ] } , = "\n', "\r\n", "\n\n  "] if newlines else [])
        self.text += self.draw(st.sampled_from(blanks))

    def key(self, name: str) -> str:
        bare = name.isascii() and name.replace("-", "").isalnum()
        forms = [json.dumps(name), json.dumps(name, ensure_ascii=False), f"'{name}'"] + ([name] if bare else [])
        return str(self.draw(st.sampled_from(forms)))

    def table(self, path: tuple[str | int, ...], table: dict[str, Any]) -> None:
        """The pairs of a table that stands under a header, then the tables in it that have headers of their own."""
        later = [key for key, value in table.items() if self.has_header(value) and self.flip()]
        for key, value in table.items():
            if key not in later:
                self.space(newlines=True)
                self.pair((*path, key), value)
                self.text += self.draw(st.sampled_from(["\n", " # x = [\n", "\r\n"]))
        for key in later:
            value = table[key]
            if isinstance(value, dict):
                self.header((*path, key), "[", "]")
                self.table((*path, key), value)
                continue
            for index, item in enumerate(value):
                self.header((*path, key, index), "[[", "]]")
                self.table((*path, key, index), item)

    @staticmethod
    def has_header(value: Any) -> bool:
        return isinstance(value, dict) or (
            isinstance(value, list) and value != [] and all(isinstance(item, dict) for item in value)
        )

    def header(self, path: tuple[str | int, ...], opening: str, closing: str) -> None:
        self.space(newlines=True)
        if isinstance(path[-1], int):
            self.here(path[:-1])
        self.here(path)
        name = " . ".join(self.key(part) for part in path if isinstance(part, str))
        self.text += f"{opening} {name}{closing}\n"

    def pair(self, path: tuple[str | int, ...], value: Any) -> None:
        self.here(path)
        self.text += self.key(str(path[-1]))
        while isinstance(value, dict) and len(value) == 1 and self.flip():
            [(key, value)] = value.items()
            path = (*path, key)
            self.here(path)
            self.text += f" .{self.key(key)}"
        self.text += " = "
        self.value(path, value)

    def value(self, path: tuple[str | int, ...], value: Any) -> None:
        if isinstance(value, dict):
            self.text += "{"
            for number, (key, item) in enumerate(value.items()):
                self.text += ", " if number else " "
                self.pair((*path, key), item)
            self.text += " }"
        elif isinstance(value, list):
            self.text += "["
            for index, item in enumerate(value):
                self.text += "," if index else ""
                self.space(newlines=True)
                self.here((*path, index))
                self.value((*path, index), item)
                self.space(newlines=True)
            self.text += "," if value and self.flip() else ""
            self.space(newlines=True)
            self.text += "]"
        else:
            self.scalar(value)

    def scalar(self, value: Any) -> None:
        if isinstance(value, str):
            forms = [json.dumps(value), '"""\n' + value.replace("\\", "\\\\").replace('"', '\\"') + '"""']
            if "'" not in value:
                forms += ["'''\n" + value + "'''"] + ([f"'{value}'"] if "\n" not in value else [])
            self.text += self.draw(st.sampled_from(forms))
        elif isinstance(value, bool | int | float):
            self.text += json.dumps(value)
        else:
            self.text += value.isoformat()


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*path, key)
        yield from paths(item, (*path, key))


@settings(max_examples=max(200, settings.default.max_examples))
@given(DOCUMENTS, st.data())
def test_every_key_and_item_of_any_document_is_found_on_its_line(document, data):
    """However a document is written, each key, item and table is found, on the line where it was written."""
    writer = Writer(data)
    writer.table((), document)

    assert tomllib.loads(writer.text) == document
    assert lines_of(writer.text) == writer.lines
    assert set(writer.lines) == set(paths(document))


def test_a_header_in_an_array_of_tables_belongs_to_its_newest_table():
    """`[a.b]` and `[[a.c]]` after the second `[[a]]` stand in the second table."""
    found = lines_of("[[a]]\n[[a]]\n[a.b]\nx = 1\n[[a.c]]\n[[a.c]]\ny.z = 2\n")

    assert found == {
        ("a",): 1, ("a", 0): 1, ("a", 1): 2, ("a", 1, "b"): 3, ("a", 1, "b", "x"): 4,
        ("a", 1, "c"): 5, ("a", 1, "c", 0): 5, ("a", 1, "c", 1): 6,
        ("a", 1, "c", 1, "y"): 7, ("a", 1, "c", 1, "y", "z"): 7,
    }  # fmt: skip


def test_a_table_that_is_opened_late_stands_at_its_own_header():
    """A table first implied by `[a.b]` and then opened by `[a]` stands where it is opened."""
    assert lines_of("[a.b]\nx = 1\n[a]\ny = 2\n")[("a",)] == 3


def test_strings_that_look_like_toml_are_skipped():
    """Quotes, brackets, comments and line ends inside strings open nothing; up to two quotes may end a long one."""
    text = 'a = """x\\"""" # " \n[t]\nb = """\n[u]\n""\\""""""\nc = \'\'\'\nd = 1\'\'\'\'\'\ne = "#"\nf = []\n'

    tomllib.loads(text)
    assert lines_of(text) == {
        ("a",): 1, ("t",): 2, ("t", "b"): 3, ("t", "c"): 6, ("t", "e"): 8, ("t", "f"): 9,
    }  # fmt: skip


def test_a_key_that_is_not_there_stands_at_the_table_that_lacks_it():
    """The line of a missing key is that of the nearest table around it, and 1 in an empty file."""
    lines = lines_of("\n[a]\nb = { c = 1 }\n")

    assert line_of(lines, ("a", "b", "d", "e")) == 3
    assert line_of(lines, ("a", "x")) == 2
    assert line_of(lines, ("z",)) == 1
    assert line_of({}, ()) == 1
