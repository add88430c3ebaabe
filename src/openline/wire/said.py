"""What is said to a person: a sentence that still knows its template and values, so that it can be said in another
language than English (spec 11.4, ADR 0027).

Rules of this file:
1. A `Said` is its English text: it is printed, joined and compared as the text that it is.
2. Its template is a whole sentence or clause and stands in the source as one literal, given to `say`: so all of them
   can be found and translated, and none is put together from pieces that another language would order otherwise.
3. A value is data, never words: a name, a count, a length of time, an instant, a list, or a clause with its own
   template.
4. The types are also the format in which the local API tells them (docs/openapi.json). `text` is the sentence in
   English; whoever translates a template puts the values in.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

import msgspec

from openline.wire.zones import zone

CALENDAR_END_S: Final = 253_370_764_800  # the year 9999; later times of the record are told as bare numbers
Unit: TypeAlias = Literal["s", "min", "h", "days"]
Date: TypeAlias = Literal["none", "clock", "day", "year"]


class Part(msgspec.Struct, frozen=True, tag_field="is"):
    """What a sentence has values of, beside text and numbers."""


class Length(Part, frozen=True, tag="length"):
    """A length of time, rounded down to one unit."""

    amount: int
    unit: Unit

    @classmethod
    def of(cls, ms: int) -> Length:
        """The one unit that is read at a glance."""
        seconds = max(ms, 0) // 1000
        units: tuple[tuple[Unit, int, int], ...] = (("s", 1, 120), ("min", 60, 7_200), ("h", 3_600, 172_800))
        for unit, size, until in units:
            if seconds < until:
                return cls(seconds // size, unit)
        return cls(seconds // 86_400, "days")

    def __str__(self) -> str:
        return f"{self.amount:,} {self.unit}"


class Moment(Part, frozen=True, tag="moment"):
    """An instant, told in a zone. `date`: how much of it is told beside the clock: none of it (`clock`), day and month
    (`day`), the year too (`year`); `none`: outside the calendar, a bare number of seconds."""

    time_s: int
    zone: str
    date: Date

    @classmethod
    def of(cls, time_s: int, now_s: int, zone_name: str) -> Moment:
        """Only as much of the date as is needed now."""
        if not 0 <= time_s < CALENDAR_END_S or not 0 <= now_s < CALENDAR_END_S:
            return cls(time_s, zone_name, "none")
        then, now = (datetime.fromtimestamp(s, zone(zone_name)) for s in (time_s, now_s))
        if then.date() == now.date():
            return cls(time_s, zone_name, "clock")
        return cls(time_s, zone_name, "day" if then.year == now.year else "year")

    def __str__(self) -> str:
        if self.date == "none":
            return f"second {self.time_s}"
        then = datetime.fromtimestamp(self.time_s, zone(self.zone))
        if self.date == "clock":
            return f"{then:%H:%M}"
        year = f" {then.year}" if self.date == "year" else ""
        return f"{then.day} {then:%B}{year}, {then:%H:%M}"


class Listed(Part, frozen=True, tag="list"):
    """Several values, of which the last is joined by "and"."""

    of: tuple[Value, ...]

    @classmethod
    def each(cls, values: Iterable[Value]) -> Listed:
        """Of one value or more."""
        return cls(tuple(map(inner, values)))

    def __bool__(self) -> bool:
        return bool(self.of)

    def __str__(self) -> str:
        *most, last = (english(each) for each in self.of)
        return f"{', '.join(most)} and {last}" if most else last


class Sentence(Part, frozen=True, kw_only=True, tag="sentence"):
    """A sentence, or as a value of one a clause. `text`: it in English."""

    template: str
    values: dict[str, Value]
    text: str

    def __str__(self) -> str:
        return self.text


class Said(str):
    """One sentence or several, as English text that knows what it was made of."""

    sentences: tuple[Sentence, ...]

    def __new__(cls, sentences: Iterable[Sentence]) -> Said:
        kept = tuple(sentences)
        made = super().__new__(cls, " ".join(each.text for each in kept))
        made.sentences = kept
        return made


Value: TypeAlias = str | int | Length | Moment | Listed | Sentence


def english(value: Value) -> str:
    """A value as an English sentence shows it."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def inner(value: Value) -> Value:
    """A value as a sentence keeps it: what was said in one sentence is a clause of it, other text stands for itself."""
    if not isinstance(value, Said):
        return value
    return value.sentences[0] if len(value.sentences) == 1 else Listed(value.sentences)


def say(template: str, /, **values: Value) -> Said:
    """A sentence. `template` is a literal, with a field in braces for each value; a `Said` may be a value, and is then
    a clause."""
    kept = {name: inner(value) for name, value in values.items()}
    text = template.format(**{name: english(value) for name, value in values.items()})
    return Said((Sentence(template=template, values=kept, text=text),))


def together(*said: Said) -> Said:
    """Sentences one after another."""
    return Said(sentence for each in said for sentence in each.sentences)


def sentence_of(text: str) -> Sentence | None:
    """What a text was made of; None for text that stands for itself, such as what a person wrote."""
    return text.sentences[0] if isinstance(text, Said) and len(text.sentences) == 1 else None


def told_again(text: str, sentence: Sentence | None) -> str:
    """A text as its sender had it: beside text that stands for itself there is no sentence."""
    return text if sentence is None else Said((sentence,))


def as_text(value: Any) -> str:
    """For encoders that know plain text only.

    Raises:
        NotImplementedError: it is no text.
    """
    if isinstance(value, str):  # a `Said`, or an address as the configuration types it
        return str(value)
    raise NotImplementedError(f"objects of type {type(value).__name__} are told to nobody")
