"""The worked examples of spec 10.7, entry by entry: what they say is what the fold gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from openline.core import state
from openline.core.ledger import Ledger
from openline.core.release import Draft, approve
from openline.core.state import Flag, Formal, Standing
from openline.wire import entry as entries
from openline.wire.bodies import Accept, Ack, Body, Message, Propose, Suspend, Withdraw
from openline.wire.entry import Entry, encode_core, signed_bytes
from openline.wire.terms import Lane
from tests.accord_maker import made

NORTH, SOUTH = 0, 1
DAY_S = 1_600_000_000 // 86_400 * 86_400
LINE = 0
BOTH_LANES = ((LINE, Lane.LIAISON), (LINE, Lane.SAFETY))


def at(clock: str) -> int:
    """A time of the day of the examples."""
    hours, minutes = clock.split(":")
    return DAY_S + int(hours) * 3600 + int(minutes) * 60


class Story:
    """Both chains' entries, folded as they are told."""

    def __init__(self) -> None:
        self.ledger = Ledger(made().signed.accord, made().id)
        self.acked: list[Entry | None] = [None, None]

    def entry(self, side: int, number: int, clock: str, body: Any, seen: Entry | None = None) -> Entry:
        """Entry `number` of `side`, by its officers where it needs them, acknowledging `seen` if that is new."""
        if isinstance(body, Suspend | Propose | Accept) or (isinstance(body, Withdraw) and clock != "11:00"):
            body = approved(side, body, number)
        self.acked[side] = seen or self.acked[side]
        held = self.acked[side]
        core = encode_core(side, 0, number, made().id, seen.head if seen else None, at(clock), body)
        made_one = entries.decode(core + made().keys[side].station.station.sign(signed_bytes(made().id, core)))
        self.ledger.add(made_one, held.head if held else None)
        return made_one

    def formal(self, clock: str, lane: Lane = Lane.LIAISON) -> Formal:
        return state.formal(self.ledger, LINE, lane, at(clock))

    def standing(self, offer: Entry) -> Standing:
        return state.standing(self.ledger, self.ledger.offers[offer.id])

    def flag(self, item: Entry) -> Flag:
        return state.flag(self.ledger, self.ledger.items[item.id])


def approved(side: int, body: Body, counter: int) -> Body:
    given = tuple(
        approve(made().id, side, Draft(body), n, counter, made().keys[side].officers[n]) for n in (0, 1)
    )
    return replace(body, approvals=given)  # type: ignore[type-var]


def cut(story: Story, scope: Any = ((LINE, Lane.LIAISON),)) -> Entry:
    return story.entry(NORTH, 1, "12:00", Suspend(scope=scope))


def proposed(story: Story, first: Entry, scope: Any = ((LINE, Lane.LIAISON),)) -> Entry:
    lists = (first.id,)
    return story.entry(SOUTH, 9, "10:00", Propose(scope=scope, effective_s=at("11:00"), lists=lists), first)


def cut_the_day_before() -> tuple[Story, Entry, Entry]:
    """The story of the restoration up to S9: N1 cut at 9:00 here, so that one day holds it all."""
    story = Story()
    first = story.entry(NORTH, 1, "9:00", Suspend(scope=((LINE, Lane.LIAISON),)))
    return story, first, proposed(story, first)


def test_the_cut():
    """Open until the suspension, suspended from its second on; what crossed it is flagged so, what defied it too."""
    story = Story()
    crossing = story.entry(SOUTH, 4, "11:59", Message(number=1, text="on its way"))
    first = cut(story)
    defying = story.entry(SOUTH, 6, "12:10", Message(number=2, text="all the same"), first)
    distress = story.entry(SOUTH, 7, "12:11", Message(number=3, lane=Lane.SAFETY, text="distress"))

    assert (story.formal("11:59"), story.formal("12:00")) == (Formal.OPEN, Formal.SUSPENDED)
    assert [story.flag(x) for x in (crossing, defying, distress)] == [Flag.CROSSED, Flag.OUT_OF_LINE, Flag.NONE]


def test_the_restoration():
    """Three legs: only with the third is anything changed, and at the effective time."""
    story, _, offer = cut_the_day_before()
    found = [(story.standing(offer), story.formal("10:30"), story.formal("11:00"))]
    accept = story.entry(NORTH, 7, "10:20", Accept(target=offer.id), offer)
    found.append((story.standing(offer), story.formal("10:30"), story.formal("11:00")))
    story.entry(SOUTH, 10, "10:20", Ack(), accept)
    found.append((story.standing(offer), story.formal("10:30"), story.formal("11:00")))

    assert found == [
        (Standing.WAITING, Formal.SUSPENDED, Formal.SUSPENDED),
        (Standing.ACCEPTED, Formal.SUSPENDED, Formal.SUSPENDED),
        (Standing.CONCLUDED, Formal.RESTORING, Formal.OPEN),
    ]


def test_the_race():
    """The proposer's own chain decides: withdrawn before, or with, its first acknowledgement of the acceptance."""
    outcomes = []
    for order in ("withdraw first", "at once", "third leg first"):
        story, _, offer = cut_the_day_before()
        accept = story.entry(NORTH, 7, "10:20", Accept(target=offer.id), offer)
        legs: list[tuple[Any, Entry | None]] = {
            "withdraw first": [(Withdraw(target=offer.id), None), (Ack(), accept)],
            "at once": [(Withdraw(target=offer.id), accept)],
            "third leg first": [(Ack(), accept), (Withdraw(target=offer.id), None)],
        }[order]
        for number, (body, seen) in enumerate(legs, 10):
            story.entry(SOUTH, number, "10:21", body, seen)
        outcomes.append((story.standing(offer), story.formal("11:00")))

    assert outcomes == [
        (Standing.WITHDRAWN, Formal.SUSPENDED),
        (Standing.WITHDRAWN, Formal.SUSPENDED),
        (Standing.CONCLUDED, Formal.OPEN),
    ]


def test_not_listed():
    """A suspension that the proposal does not list stands."""
    story, _, offer = cut_the_day_before()
    accept = story.entry(NORTH, 7, "10:20", Accept(target=offer.id), offer)
    story.entry(SOUTH, 10, "10:20", Ack(), accept)
    story.entry(NORTH, 8, "10:30", Suspend(scope=((LINE, Lane.LIAISON),)))

    assert story.formal("11:00") is Formal.SUSPENDED


def test_in_part():
    """A restoration lifts within its own scope only."""
    story = Story()
    first = story.entry(NORTH, 1, "9:00", Suspend(scope=BOTH_LANES))
    offer = proposed(story, first, ((LINE, Lane.SAFETY),))
    accept = story.entry(NORTH, 7, "10:20", Accept(target=offer.id), offer)
    story.entry(SOUTH, 10, "10:20", Ack(), accept)

    assert (story.formal("11:00", Lane.SAFETY), story.formal("11:00")) == (Formal.OPEN, Formal.SUSPENDED)


def test_the_lapse():
    """The proposer's timed withdrawal, at the effective time, decides against an acceptance still on its way."""
    story, _, offer = cut_the_day_before()
    accept = story.entry(NORTH, 9, "10:59", Accept(target=offer.id), offer)
    story.entry(SOUTH, 12, "11:00", Withdraw(target=offer.id))
    story.entry(SOUTH, 13, "11:01", Ack(), accept)

    assert (story.standing(offer), story.formal("11:02")) == (Standing.WITHDRAWN, Formal.SUSPENDED)
