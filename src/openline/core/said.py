"""What is said to a person: a sentence that still knows its template and values, so that it can be said in another
language than English (spec 11.4).

Rules of this file:
1. A `Said` is its English text: it is printed, joined and compared as the text that it is.
2. Its template is a whole sentence or clause and stands in the source as one literal, given to `say`: so all of them
   can be found and translated, and none is put together from pieces that another language would order otherwise.
3. A value is data, never words: a name, a count, a length of time, an instant, a list, or a clause with its own
   template.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal, NamedTuple, TypeAlias

from openline.core.schedule import zone

CALENDAR_END_S: Final = 253_370_764_800  # the year 9999; later times of the record are told as bare numbers
Unit: TypeAlias = Literal["s", "min", "h", "days"]
Date: TypeAlias = Literal["none", "clock", "day", "year"]


class Length(NamedTuple):
    """A length of time, rounded down to the one unit that is read at a glance."""

    amount: int
    unit: Unit

    @classmethod
    def of(cls, ms: int) -> Length:
        seconds = max(ms, 0) // 1000
        units: tuple[tuple[Unit, int, int], ...] = (("s", 1, 120), ("min", 60, 7_200), ("h", 3_600, 172_800))
        for unit, size, until in units:
            if seconds < until:
                return cls(seconds // size, unit)
        return cls(seconds // 86_400, "days")

    def __str__(self) -> str:
        return f"{self.amount:,} {self.unit}"


class Moment(NamedTuple):
    """An instant of the record in a zone. `date`: how much of the date is told beside the clock: none of it, day and
    month, or the year too; `none`: it lies outside the calendar, and is a bare number of seconds."""

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


class Listed(tuple["Value", ...]):
    """Several values: a, b and c."""

    __slots__ = ()

    def __str__(self) -> str:
        *most, last = (english(each) for each in self)
        return f"{', '.join(most)} and {last}" if most else last


class Sentence(NamedTuple):
    """One sentence or clause: its English template, with a named field for each value."""

    template: str
    values: dict[str, Value]

    def __str__(self) -> str:
        return self.template.format(**{name: english(value) for name, value in self.values.items()})


class Said(str):
    """One sentence or several, as English text that knows what it was made of."""

    sentences: tuple[Sentence, ...]

    def __new__(cls, sentences: Iterable[Sentence]) -> Said:
        kept = tuple(sentences)
        made = super().__new__(cls, " ".join(map(str, kept)))
        made.sentences = kept
        return made


Value: TypeAlias = "str | int | Length | Moment | Listed | Sentence"


def english(value: Value) -> str:
    """A value as an English sentence shows it."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def say(template: str, /, **values: Value) -> Said:
    """A sentence. `template` is a literal, with a field in braces for each value; a `Said` of one sentence may be a
    value, and is then a clause."""
    inner = {name: value.sentences[0] if isinstance(value, Said) else value for name, value in values.items()}
    return Said((Sentence(template, inner),))


def together(*said: Said) -> Said:
    """Sentences one after another."""
    return Said(sentence for each in said for sentence in each.sentences)
