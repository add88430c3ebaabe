"""The fold of the record: arithmetic of years, and that the order of arrival decides nothing (spec 10.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from openline.core.ledger import AckSteps, year_of
from openline.station.commands import CutLines
from openline.wire import bodies
from openline.wire.entry import Entry
from tests.simulation.pair import Pair, digest
from tests.unit.audit.build import START_S, Book, call, message, whole
from tests.unit.core.folding import HERE, NORTH, SOUTH, Story, folded

CUT = CutLines(lines=None)
LAST_S = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


@given(st.integers(0, LAST_S))
def test_the_year_is_the_calendars(time_s: int) -> None:
    """Message numbers begin anew with the UTC year; the arithmetic agrees with the standard library's."""
    assert year_of(time_s) == (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=time_s)).year


@given(st.integers(1970, 9998), st.integers(-1, 1))
def test_the_year_turns_at_midnight(year: int, off_s: int) -> None:
    """The last second of a year, the first of the next, leap years and centuries among them."""
    turn = int(datetime(year + 1, 1, 1, tzinfo=UTC).timestamp())
    assert year_of(turn + off_s) == (year if off_s < 0 else year + 1)


def test_the_year_of_the_largest_time_is_defined() -> None:
    """2^40 seconds are in the year 36812; nothing overflows."""
    assert year_of(2**40) == 36812


def test_acknowledgements_are_steps() -> None:
    """What was acknowledged by an entry, and which entry first reached a place."""
    steps = AckSteps()
    for at, to in (((0, 2), (0, 0)), ((0, 5), (0, 7)), ((0, 6), (0, 7)), ((1, 0), (2, 1))):
        steps.add(at, to)
    assert [steps.in_force(x) for x in ((0, 1), (0, 2), (0, 4), (0, 5), (3, 0))] == [
        (-1, -1), (0, 0), (0, 0), (0, 7), (2, 1),
    ]  # fmt: skip
    assert [steps.first_reaching(x) for x in ((0, 0), (0, 1), (0, 7), (1, 0), (2, 2))] == [
        (0, 2), (0, 5), (0, 5), (1, 0), None,
    ]  # fmt: skip


def rich() -> Story:
    """A record in which the sides cross each other in most ways there are."""
    story = Story()
    cut = story.suspend(NORTH)
    message(story, SOUTH, due_s=600)
    story.suspend(SOUTH, ack=None)
    offers = [story.propose(side, cut) for side in (NORTH, SOUTH)]
    for offer in offers:
        story.accept(1 - offer.side, offer)
        story.withdraw(offer.side, offer, ack=None)
    story.confirm(NORTH)
    call(story, SOUTH)
    story.say(NORTH, ack=None)
    asked = story.say(SOUTH)
    story.add(NORTH, bodies.Receipt(seq=asked.seq))
    story.add(NORTH, bodies.Message(number=9, text="yes", answers=asked.id))
    story.add(SOUTH, bodies.PresenceBody())
    story.amend(NORTH, pulse_s=90, effective_s=10**6)
    return story


BOOKS = {make: cache(make) for make in (rich, whole)}


@given(st.randoms(use_true_random=False), st.sampled_from([rich, whole]))
def test_whatever_the_order_of_arrival_the_state_is_the_same(random: Random, which: Callable[[], Book]) -> None:
    """Two chains, each in its own order, woven in any way: one ledger, as far as anything can be told from it."""
    book = BOOKS[which]()
    order: list[Entry] = []
    left = [list(chain) for chain in book.chains]
    while left[0] or left[1]:
        chain = random.choice([chain for chain in left if chain])
        order.append(chain.pop(0))
    plain = folded(book, [*book.chains[0], *book.chains[1]])
    woven = folded(book, order)
    assert digest(woven) == digest(plain)
    assert woven.receipts == plain.receipts
    assert woven.due_items == plain.due_items
    assert [vars(x) for x in woven.calls] == [vars(x) for x in plain.calls]
    assert set(woven.flash) == set(plain.flash)


def test_a_message_on_a_line_that_the_accord_lacks_is_without_effect() -> None:
    """Kept, acknowledged, and nothing else: no number, no receipt level, no demand."""
    story = Story()
    entry = story.add(SOUTH, bodies.Message(line=2, number=7, text="hello", due_s=60))
    assert entry.id not in story.ledger.items
    assert not story.ledger.numbers


def test_a_desk_and_a_fold_of_its_store_say_the_same() -> None:
    """What a station knows after hours of talk is what its store tells at the next start."""
    pair = Pair()
    pair.settle()
    for node in pair.nodes:
        node.enact(CUT)
        pair.settle()
    node = pair.nodes[0]
    before = digest(node.ledger)
    node.kill()
    node.start()
    assert digest(node.ledger) == before


def test_a_suspension_may_be_repeated() -> None:
    """Suspending what is suspended adds a second one, which stands alone."""
    story = Story()
    story.suspend(NORTH)
    story.suspend(NORTH)
    assert len(story.ledger.suspensions) == 2
    assert all(act.body.scope == HERE for act in story.ledger.suspensions.values())  # type: ignore[attr-defined]
    assert story.formal(START_S).value == "suspended"
