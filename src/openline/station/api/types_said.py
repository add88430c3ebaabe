"""The sentences of an explanation as the API tells them; what a sentence is made of is told as `wire.said` keeps it.

Rules of this file: as for `types`.
"""

from __future__ import annotations

import msgspec

from openline.wire.said import Sentence


class ExplanationSaid(msgspec.Struct, frozen=True, kw_only=True):
    """The sentences of an explanation, each beside its text in the same order."""

    formal: tuple[Sentence, ...]
    observed: Sentence
    for_: tuple[Sentence, ...] = msgspec.field(name="for")
    against: tuple[Sentence, ...]
    cannot_know: tuple[Sentence, ...]
    next_steps: tuple[Sentence, ...]
