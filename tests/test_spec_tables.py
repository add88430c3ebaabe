"""The spec's tables and worked examples are those of the code, and its chapters lead where they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openline.wire import accord, bodies
from openline.wire.entry import decode, encode_core, entry_id
from tools import spec_tables

ROOT = Path(__file__).parent.parent
CHAPTERS = sorted(ROOT.glob("spec/*.md"))
JOURNEY = [
    "0-words", "1-compose", "2-release", "3-record", "4-seal", "5-carry", "6-verify", "7-acknowledge", "8-show",
    "9-limits", "10-state", "11-silence", "12-scenarios",
]  # fmt: skip


NO_PROSE = re.compile(r"<!-- made:.*?<!-- end -->|```.*?```|`[^`]*`|^    [^\n]*$", re.DOTALL | re.MULTILINE)
NAMED = (
    re.compile(r"\((?:[a-z ]*)(\d{1,2}(?:\.\d+)*)[,;)]"),
    re.compile(r"\b(?:of|in|by|and|section|see) (\d{1,2}\.\d+(?:\.\d+)?)\b(?! (?:kB|s|ms|bits?|B)\b)"),
)


def sections() -> set[str]:
    """Every number under which the spec has a section."""
    found = {x.name.split("-")[0] for x in CHAPTERS}
    for chapter in CHAPTERS:
        found |= set(re.findall(r"^#+\s+(\d+(?:\.\d+)*)\.?\s", chapter.read_text(), re.MULTILINE))
    return found


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda x: x.stem)
def test_what_is_made_from_the_code_is_as_the_code_makes_it(chapter):
    """`python tools/spec_tables.py` would change nothing."""
    text = chapter.read_text()

    assert spec_tables.made_again(text) == text


def test_every_table_has_its_place():
    """Each table that can be made stands in the spec once, and none by another name."""
    placed = [m[1] for chapter in CHAPTERS for m in spec_tables.BLOCK.findall(chapter.read_text())]

    assert sorted(placed) == sorted(spec_tables.MADE)


def test_every_kind_is_explained():
    """The table of kinds has every kind that a station reads, and the text says what its fields mean."""
    text = (ROOT / "spec/3-record.md").read_text()
    numbers = [int(x) for x in re.findall(r"^\| \*\*(\d+) \w+\*\*", text, re.MULTILINE)]

    assert numbers == sorted(bodies.KINDS)


def test_the_worked_entry_is_an_entry():
    """The bytes printed in 3.3 decode, have the id printed there, and stand in the accord of 3.5."""
    text = (ROOT / "spec/3-record.md").read_text()
    [block] = [m[2] for m in spec_tables.BLOCK.findall(text) if m[1] == "example-entry"]
    core, _, signature, identity = (bytes.fromhex(x) for x in hex_blocks(block))
    [founding] = [m[2] for m in spec_tables.BLOCK.findall(text) if m[1] == "example-accord"]

    entry = decode(core + signature)

    assert entry_id(core + signature) == entry.id == identity
    assert encode_core(entry.side, entry.gen, entry.seq, entry.prev, entry.ack, entry.time_s, entry.body) == core
    assert entry.prev.hex() in founding
    assert accord.digits(entry.prev)[:35] in founding


def hex_blocks(block: str) -> list[str]:
    """The literal blocks of hex in an example, in order."""
    found = re.findall(r"(?:^    [0-9a-f]+\n)+", block, re.MULTILINE)
    return ["".join(x.split()) for x in found]


def test_the_chapters_are_those_of_the_journey():
    """Every chapter has its number and place, and begins with that number."""
    for name in JOURNEY:
        number = name.split("-")[0]
        assert (ROOT / f"spec/{name}.md").read_text().startswith(f"# {number}. ")


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda x: x.stem)
def test_every_section_that_a_chapter_names_exists(chapter):
    """`(3.5)`, `5.6` in a chapter is a heading of the spec, or a list's point of a section that exists."""
    text = NO_PROSE.sub("", chapter.read_text())
    named = {x for pattern in NAMED for x in pattern.findall(text)}
    known = sections()

    assert {x for x in named if x not in known and x.split(".")[0] in known} == set()
