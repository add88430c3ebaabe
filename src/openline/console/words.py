"""The console's languages: English, which the code is written in, and Korean (`locale/ko/*.po`).

Rules of this file: one catalogue a screen, read at start and kept in memory, so that nothing generated is installed; a
sentence that two catalogues hold must say the same in both (a test holds it); what lacks a translation is shown in
English, never as a key.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES: Final = ("en", "ko")
LOCALE: Final = Path(__file__).parent / "locale"


class Words:
    """One language. `known`: the sentences that it translates, be it by the same signs."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.translations, self.known = _read(language)

    def __call__(self, sentence: str) -> str:
        return self.translations.gettext(sentence) if sentence else ""

    def n(self, one: str, many: str, count: int) -> str:
        return self.translations.ngettext(one, many, count)


def marked(sentence: str) -> str:
    """Marks a sentence for the catalogues, imported as `_`; it is translated where it is shown."""
    return sentence


def catalogues(language: str) -> Iterator[tuple[Path, Catalog]]:
    """Every catalogue of a language, as read."""
    for path in sorted((LOCALE / language).glob("*.po")):
        with path.open("rb") as file:
            yield path, read_po(file, locale=language)


def _read(language: str) -> tuple[gettext.NullTranslations, frozenset[str]]:
    """What a language translates, and which sentences those are."""
    whole = Catalog(locale=language)
    for _, catalogue in catalogues(language):
        for message in catalogue:
            if message.id and message.string:
                whole.add(message.id, message.string)
    made = io.BytesIO()
    write_mo(made, whole)
    made.seek(0)
    return gettext.GNUTranslations(made), frozenset(str(message.id) for message in whole if message.id)


@cache
def words(language: str) -> Words:
    """A language of `LANGUAGES`."""
    return Words(language)


def preferred(accepts: str, fallback: str = "en") -> str:
    """The first of our languages that a browser's Accept-Language asks for."""
    asked: Sequence[str] = [each.split(";")[0].strip().lower()[:2] for each in accepts.split(",")]
    return next((each for each in asked if each in LANGUAGES), fallback)
