"""Sentences of the core as the API tells them.

Rules of this file: it changes form and nothing else.
"""

from __future__ import annotations

from openline.core import said
from openline.core.explain import Explanation
from openline.core.said import Said
from openline.station.api import types_said as t


def sentence(one: said.Sentence) -> t.Sentence:
    """One sentence or clause."""
    return t.Sentence(
        template=one.template, values={name: value_told(value) for name, value in one.values.items()}, text=str(one)
    )


def value_told(value: said.Value) -> t.Value:
    """One value of a sentence."""
    match value:
        case said.Length():
            return t.Length(amount=value.amount, unit=value.unit)
        case said.Moment():
            return t.Moment(time_s=value.time_s, zone=value.zone, date=value.date)
        case said.Listed():
            return t.Listed(of=tuple(value_told(each) for each in value))
        case said.Sentence():
            return sentence(value)
        case _:
            return value


def headline(of: Said) -> t.Sentence:
    """The sentence of something said in one."""
    return sentence(of.sentences[0])


def explanation(found: Explanation) -> t.ExplanationSaid:
    """Every sentence of an explanation."""
    return t.ExplanationSaid(
        formal=tuple(map(sentence, found.formal.sentences)),
        observed=headline(found.headline),
        for_=tuple(map(headline, found.for_)),
        against=tuple(map(headline, found.against)),
        cannot_know=tuple(map(headline, found.cannot_know)),
        next_steps=tuple(map(headline, found.next_steps)),
    )
