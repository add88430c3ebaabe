"""Release: the act that lets a draft out (spec 2).

Rules of this file: only `release` makes a `Released`, so an unreleased draft cannot be recorded: the wrong order does
not type-check. The two-person rule is here and nowhere else; every way in passes through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from openline.core import approvals
from openline.keys import public
from openline.ports import Signer
from openline.wire.accord import Accord
from openline.wire.bodies import Body
from openline.wire.errors import Refused, invariant
from openline.wire.said import say
from openline.wire.terms import Approval

_KEY: Final = object()


@dataclass(frozen=True)
class Draft:
    """A body that the rules of composing let through. `warnings` are shown before release, and stop nothing."""

    body: Body
    warnings: tuple[str, ...] = ()


class Released:
    """A body that may be recorded. Made by `release` and `by_station` alone."""

    __slots__ = ("body",)

    def __init__(self, body: Body, key: object) -> None:
        invariant(key is _KEY, "only release() makes a Released")
        self.body = body


def approve(
    accord_id: bytes, side: int, draft: Draft, officer: int, counter: int, signer: Signer
) -> Approval:
    """One officer's approval of a draft: the signature over exactly what will be recorded (spec 3.6)."""
    message = public.officer_message(accord_id, side, draft.body, officer, counter)
    return Approval(officer, counter, signer.sign(message))


def release(
    accord: Accord,
    accord_id: bytes,
    side: int,
    draft: Draft,
    given: Sequence[Approval],
    counters: dict[tuple[int, int], int],
) -> Released:
    """Let a draft out under the approvals its kind needs. `counters` is what the record has seen; it is not changed.

    Raises:
        Refused: too few officers, one twice, a counter used before, or a signature that does not hold.
    """
    body = draft.body
    if given:
        body = cast(Body, replace(cast(Any, body), approvals=tuple(given)))
    if not approvals.valid(accord, accord_id, side, body, dict(counters)):
        count = approvals.needed(accord, body)
        name = accord.sides[side].name
        raise Refused(
            say("this needs the approval of 1 officer of {side}", side=name)
            if count == 1
            else say("this needs the approval of {count} officers of {side}", count=count, side=name),
            next_step=say("Have it approved by another officer, each with their own key."),
        )
    return Released(body, _KEY)


def by_station(body: Body) -> Released:
    """What a station writes by itself: acknowledgements, receipts, calls, seals, timed withdrawals, proofs, keys."""
    return Released(body, _KEY)
