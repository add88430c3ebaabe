"""What a sentence of the station's is made of, so that a program can say it in another language.

Rules of this file: as for `types`; `template` is English with a field in braces for each value, and always the same
literal for the same thing said; whoever translates it puts the values in. A value is data: text and numbers stand for
themselves.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec


class Part(msgspec.Struct, frozen=True, kw_only=True, tag_field="is"):
    """What a sentence has values of, beside text and numbers."""


class Length(Part, frozen=True, kw_only=True, tag="length"):
    """A length of time, rounded down to one unit."""

    amount: int
    unit: Literal["s", "min", "h", "days"]


class Moment(Part, frozen=True, kw_only=True, tag="moment"):
    """An instant, told in a zone. `date`: how much of it is told beside the clock: none of it (`clock`), day and month
    (`day`), the year too (`year`); `none`: outside the calendar, a bare number of seconds."""

    time_s: int
    zone: str
    date: Literal["none", "clock", "day", "year"]


class Listed(Part, frozen=True, kw_only=True, tag="list"):
    """Several values, of which the last is joined by "and"."""

    of: tuple[Value, ...]


class Sentence(Part, frozen=True, kw_only=True, tag="sentence"):
    """A sentence, or as a value of one a clause. `text`: it in English."""

    template: str
    values: dict[str, Value]
    text: str


Value: TypeAlias = str | int | Length | Moment | Listed | Sentence


class ExplanationSaid(msgspec.Struct, frozen=True, kw_only=True):
    """The sentences of an explanation, each beside its text in the same order."""

    formal: tuple[Sentence, ...]
    observed: Sentence
    for_: tuple[Sentence, ...] = msgspec.field(name="for")
    against: tuple[Sentence, ...]
    cannot_know: tuple[Sentence, ...]
    next_steps: tuple[Sentence, ...]
