"""Sentences in languages: English, which the code is written in, and the catalogues that translate it.

Rules of this file: catalogues are read when a language is first wanted, and kept in memory, so that nothing generated
is installed and a station that speaks English alone reads none; what lacks a translation is said in English, never as a
key.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

LANGUAGES: Final = ("en", "ko")
LOCALE: Final = Path(__file__).parent / "locale"  # of what a station tells people who look at no page


class Words:
    """One language, of the catalogues in some folders. `_` translates, `n_` by number. `known`: the sentences that it
    translates, be it by the same signs."""

    def __init__(self, language: str, folders: Sequence[Path]) -> None:
        self.language = language
        self.translations, self.known = _read(language, folders)

    def __call__(self, sentence: str) -> str:
        return self.translations.gettext(sentence) if sentence else ""

    def n(self, one: str, many: str, count: int) -> str:
        return self.translations.ngettext(one, many, count)


@cache
def words(language: str) -> Words:
    """A language of `LANGUAGES`, for what a station says by itself."""
    return Words(language, (LOCALE,))


def catalogues(language: str, folders: Sequence[Path]) -> Iterator[tuple[Path, Catalog]]:
    """Every catalogue of a language in these folders, as read."""
    from babel.messages.pofile import read_po  # only what speaks another language than English needs it

    for path in sorted(found for folder in folders for found in (folder / language).glob("*.po")):
        with path.open("rb") as file:
            yield path, read_po(file, locale=language)


def _read(language: str, folders: Sequence[Path]) -> tuple[gettext.NullTranslations, frozenset[str]]:
    """What a language translates, and which sentences those are."""
    if language == "en":
        return gettext.NullTranslations(), frozenset()
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo

    whole = Catalog(locale=language)
    for _, catalogue in catalogues(language, folders):
        for message in catalogue:
            if message.id and message.string:
                whole.add(message.id, message.string)
    made = io.BytesIO()
    write_mo(made, whole)
    made.seek(0)
    return gettext.GNUTranslations(made), frozenset(str(message.id) for message in whole if message.id)
