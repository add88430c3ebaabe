"""The console's languages: English, which the code is written in, and Korean (`locale/ko/*.po`).

Rules of this file: one catalogue a screen, beside the station's own; a sentence that two catalogues hold must say the
same in both (a test holds it).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openline.station import words as station
from openline.station.words import LANGUAGES, Words

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

FOLDERS: Final = (Path(__file__).parent / "locale", station.LOCALE)

__all__ = ["FOLDERS", "LANGUAGES", "Words", "catalogues", "marked", "preferred", "words"]


def marked(sentence: str) -> str:
    """Marks a sentence for the catalogues, imported as `_`; it is translated where it is shown."""
    return sentence


def catalogues(language: str) -> Iterator[tuple[Path, Catalog]]:
    """Every catalogue of a language, as read."""
    return station.catalogues(language, FOLDERS)


@cache
def words(language: str) -> Words:
    """A language of `LANGUAGES`."""
    return Words(language, FOLDERS)


def preferred(accepts: str, fallback: str = "en") -> str:
    """The first of our languages that a browser's Accept-Language asks for."""
    asked: Sequence[str] = [each.split(";")[0].strip().lower()[:2] for each in accepts.split(",")]
    return next((each for each in asked if each in LANGUAGES), fallback)
