"""Every sentence of the console has its Korean."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir

from openline.console import signs
from openline.console.places import places
from openline.console.words import catalogues

CONSOLE = Path(signs.__file__).parent
KEYWORDS = {"_": None, "n": (1, 2), "trans": None, "gettext": None, "ngettext": (1, 2)}


def sentences() -> set[str]:
    """What templates and code ask to be translated, and the words of the tables."""
    found = set()
    for _, _, message, _, _ in extract_from_dir(
        str(CONSOLE), [("**.html", "jinja2"), ("**.py", "python")],
        {"**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}, KEYWORDS,
    ):  # fmt: skip
        found.update(several(message))
    found |= {place.title for place in places() if place.title}
    found |= {each.word for table in (signs.FORMAL, signs.OBSERVED, signs.CALLS) for each in table.values()}
    return found.union(*(table.values() for table in signs.WORDS)) - {""}


def several(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def test_every_sentence_has_its_korean():
    """None is left in English by an oversight."""
    known = {each for _, x in catalogues("ko") for message in x for each in several(message.id)}
    missing = sorted(sentences() - known)
    assert not missing, "\n".join(missing)


def test_korean_is_korean():
    """A translation that holds no Korean is a slip, unless it is a name or a figure."""
    for path, catalogue in catalogues("ko"):
        for message in catalogue:
            text, words = several(message.string)[0], re.sub(r"\{\w+\}", "", str(message.id))
            if message.id and re.search("[a-z]{3}", words) and not re.search("[가-힣]", text):
                raise AssertionError(f"{path.name}: {message.id!r} → {text!r}")
