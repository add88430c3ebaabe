"""Sentences that the station tells with their templates and values, said in the reader's language.

Rules of this file: a template is translated whole and its values are put in where the translation wants them; a value
is text, never markup: whoever shows a sentence escapes it; what has no translation is said in English, whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openline.station.words import Words
from openline.wire.said import Length, Listed, Moment, Said, Sentence, Value

LOCALES: Final = {"en": "en_GB", "ko": "ko"}
DATES: Final = {"day": "MMMMd", "year": "yMMMMd"}


def tell(sentence: Sentence, words: Words) -> str:
    """One sentence in a language."""
    if words.language == "en":
        return sentence.text
    if sentence.template not in words.known and sentence.values:
        return sentence.text
    values = {name: value_told(value, words) for name, value in sentence.values.items()}
    return words(sentence.template).format(**values)


def tell_all(sentences: Iterable[Sentence], words: Words) -> str:
    """Sentences one after another."""
    return " ".join(tell(each, words) for each in sentences)


def told(text: str, sentence: Sentence | None, words: Words) -> str:
    """A text of the station's by what it was made of; one that stands for itself, such as what a person wrote, as it
    is."""
    return text if sentence is None else tell(sentence, words)


def in_words(text: str, words: Words) -> str:
    """A text of our own, or an error's: by what it was made of; else by a catalogue, whole."""
    return tell_all(text.sentences, words) if isinstance(text, Said) else words(text)


def value_told(value: Value, words: Words) -> str:
    """A value as a sentence, or a cell by itself, shows it."""
    match value:
        case Sentence():
            return tell(value, words)
        case Length():
            return length(value, words)
        case Moment():
            return moment(value, words)
        case Listed():
            return ", ".join(value_told(each, words) for each in value.of)
        case int():
            return f"{value:,}"
        case _:
            return value


def length(value: Length, words: Words) -> str:
    """A length of time with its unit."""
    _, amount = words, f"{value.amount:,}"
    match value.unit:
        case "s":
            return _("{amount} s").format(amount=amount)
        case "min":
            return _("{amount} min").format(amount=amount)
        case "h":
            return _("{amount} h").format(amount=amount)
        case _:
            return _("{amount} days").format(amount=amount)


def ahead(seconds: int, words: Words) -> str:
    """How long until something, in days and hours, hours and minutes, or minutes."""
    minutes = max(seconds, 0) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = (
        (Length(amount=days, unit="days"), Length(amount=hours, unit="h")) if days
        else (Length(amount=hours, unit="h"), Length(amount=minutes % 60, unit="min")) if hours
        else (Length(amount=minutes, unit="min"),)
    )  # fmt: skip
    return " ".join(length(each, words) for each in parts)


def moment(value: Moment, words: Words) -> str:
    """An instant by the clock of its zone, with as much of its date as was asked for."""
    if value.date == "none":
        return f"{value.time_s:,}"
    try:
        then = datetime.fromtimestamp(value.time_s, ZoneInfo(value.zone))
    except (ZoneInfoNotFoundError, ValueError, OverflowError):
        then = datetime.fromtimestamp(value.time_s, UTC)
    if value.date == "clock":
        return f"{then:%H:%M}"
    from babel.dates import format_skeleton  # only what shows a date in words needs it

    return f"{format_skeleton(DATES[value.date], then, locale=LOCALES[words.language])} {then:%H:%M}"
