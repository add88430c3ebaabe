"""What a caller writes of us, held against our own signed words (spec 5.6, 11.4).

Rules of this file: a caller tells of its own calls what it likes; what it says of the side that was called counts only
where a word of that side says the same. A signature once checked is not checked again: years of check-ins are looked
through at every explanation.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from openline.core.ledger import Ledger
from openline.keys import public
from openline.wire.bodies import Call
from openline.wire.terms import Outcome, Phase

PHASES: Final = {  # how a call finished → the word of the called station that says so
    Outcome.RANG_UNANSWERED: Phase.RANG, Outcome.ANSWERED: Phase.ANSWERED,
    Outcome.DECLINED: Phase.DECLINED, Outcome.DEFERRED: Phase.DEFERRED,
}  # fmt: skip


def by(ledger: Ledger, called: int, call: Call) -> bool:
    """Whether a finished call, placed by the other side, says of the side `called` what a word of that side says: that
    it rang, and how it was taken. That it never rang, or was broken off, nobody but the caller says: False."""
    phase = PHASES.get(Outcome(call.outcome))
    if phase is None:
        return False
    word = call.rang if phase is Phase.RANG else call.final
    if word is None or word.phase != phase:
        return False
    message = public.call_message(
        ledger.accord_id, 1 - called, call.call_id, call.line, call.lane, call.due_s, word.phase, word.time_s
    )
    for key in ledger.keys[called]:
        with suppress(public.BadSignature):
            public.verify(key, message, word.signature)
            return True
    return False


class Known:
    """Which check-ins of theirs a word of ours stands behind; each is checked once for what it says and our keys."""

    def __init__(self, us: int) -> None:
        self._us = us
        self._known: dict[tuple[int, int], tuple[Call, int, bool]] = {}  # (line, due_s) → what was checked, under how
        # many keys of ours, and whether it holds

    def says(self, ledger: Ledger, call: Call) -> bool:
        """As `by`, for a check-in of theirs."""
        place, keys = (call.line, call.due_s), len(ledger.keys[self._us])
        known = self._known.get(place)
        if known is None or known[0] is not call or known[1] != keys:
            known = self._known[place] = (call, keys, by(ledger, self._us, call))
        return known[2]
