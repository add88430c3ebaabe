"""The tables and worked examples of the spec that follow from the code: `python tools/spec_tables.py` rewrites them.

They stand between `<!-- made: name -->` and `<!-- end -->`; everything else in the spec is written by hand.
`tests/test_spec_tables.py` makes them again and compares.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields
from enum import IntEnum
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from openline.wire import accord, bodies, limits, terms  # noqa: E402
from tools import spec_examples  # noqa: E402

BLOCK = re.compile(r"(<!-- made: ([\w-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
LIMIT = re.compile(r"^(\w+): Final = [^#]+  # (.+)$", re.MULTILINE)
WORDS = (
    terms.Lane, terms.Precedence, terms.Level, terms.Outcome, terms.Phase, terms.Presence, terms.ProofKind,
    accord.CarrierKind,
)  # fmt: skip
OF_THE_ACCORD = (
    accord.Accord, accord.Side, accord.Officer, accord.Principal, accord.Post, accord.Carrier, accord.Line,
    accord.Witness, accord.Signatures,
)  # fmt: skip


def rows(heading: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    head = list(heading)
    lines = [head, ["---"] * len(head), *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def format_of(name: str) -> str:
    """A codec's name as the spec writes it."""
    return re.sub(r"uint, an? (\w+)", lambda m: word_name(m[1]), name).replace(f"uint ≤{limits.TIME_S_MAX}", "seconds")


def word_name(name: str) -> str:
    """An enumeration as the spec names it: `ProofKind` → *proof kind*."""
    return "*" + re.sub(r"(?<!^)([A-Z])", r" \1", name).lower() + "*"


def default_of(value: Any) -> str:
    """What stands for a field that is left out; empty where it must be there."""
    if value is MISSING:
        return ""
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, IntEnum):
        return value.name.lower()
    return str(value).lower()


def kinds() -> str:
    """Every kind's fields."""
    table: list[list[str]] = []
    for kind, _, layout in bodies.layout():
        cls = bodies.KINDS[kind]
        declared: dict[str, Any] = {x.name: x.default for x in fields(cls)}  # type: ignore[arg-type]
        name = f"**{kind} {bodies.kind_name(cls)}**"
        if not layout:
            table.append([name, "", "", "null", ""])
        for key, field, codec, _ in sorted(layout):
            table.append([name, str(key), field, format_of(codec), default_of(declared[field])])
            name = ""
    return rows(("kind", "key", "field", "format", "default"), table)


def words() -> str:
    """Every enumeration's numbers."""
    table = ([word_name(of.__name__), ", ".join(f"{x.value} {x.name.lower()}" for x in of)] for of in WORDS)
    return rows(("word", "numbers"), table)


def accord_tables() -> str:
    """Every object of an accord and of the signatures under it."""
    table: list[list[str]] = []
    for cls in OF_THE_ACCORD:
        name = f"**{cls.__name__.lower()}**"
        for x in fields(cls):  # type: ignore[arg-type]
            codec = format_of(x.metadata["codec"].name)
            nested = re.sub(r"\b([A-Z]\w+)\b", lambda m: m[1].lower(), codec)
            table.append([name, str(x.metadata["key"]), x.name, nested, default_of(x.default)])
            name = ""
    return rows(("object", "key", "field", "format", "default"), table)


def limit_table() -> str:
    """Every limit with its source."""
    source = (ROOT / "src/openline/wire/limits.py").read_text()
    table = ([f"`{name}`", f"{getattr(limits, name):,}", reason] for name, reason in LIMIT.findall(source))
    return rows(("limit", "value", "source"), table)


MADE: dict[str, Callable[[], str]] = {
    "kinds": kinds,
    "words": words,
    "accord": accord_tables,
    "limits": limit_table,
    "example-accord": spec_examples.accord_example,
    "example-entry": spec_examples.entry_example,
    "sizes": spec_examples.sizes,
}


def made_again(text: str) -> str:
    """A chapter with everything between its markers made again."""
    return BLOCK.sub(lambda m: f"{m[1]}\n{MADE[m[2]]()}\n{m[4]}", text)


def main() -> None:
    for chapter in sorted(ROOT.glob("spec/*.md")):
        before = chapter.read_text()
        after = made_again(before)
        if after != before:
            chapter.write_text(after)
            print(f"rewrote {chapter.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
