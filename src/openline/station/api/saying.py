"""What is said, as the API tells it: each text stands as English, and beside it what it was made of.

Rules of this file: it changes form and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable

from openline.core.explain import Explanation
from openline.station.api.types_said import ExplanationSaid
from openline.wire.said import Said, Sentence, sentence_of


def headline(of: Said) -> Sentence:
    """The sentence of something said in one."""
    return of.sentences[0]


def sentences(texts: Iterable[str]) -> tuple[Sentence | None, ...]:
    """Of several texts, in their order; null for one that stands for itself."""
    return tuple(map(sentence_of, texts))


def explanation(found: Explanation) -> ExplanationSaid:
    """Every sentence of an explanation."""
    return ExplanationSaid(
        formal=found.formal.sentences,
        observed=headline(found.headline),
        for_=tuple(map(headline, found.for_)),
        against=tuple(map(headline, found.against)),
        cannot_know=tuple(map(headline, found.cannot_know)),
        next_steps=tuple(map(headline, found.next_steps)),
    )
