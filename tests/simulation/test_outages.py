"""Outages on a simulated clock, with much waiting on one side or both: by a direct path, by a relay alone, by a courier
alone (spec 5.1, 5.2, 5.3).
"""

from __future__ import annotations

import pytest

from openline.station.commands import SendMessage
from openline.station.outbox import TURN_ENTRIES, WINDOW_ENTRIES
from openline.wire import entry as entries
from openline.wire.bodies import Message
from openline.wire.limits import BUNDLE_ENTRIES_MAX
from tests.conftest import SOAK
from tests.simulation.wires import COPPER, NORTH, SATELLITE, SOUTH, STICK, Wires

SECOND_MS = 1_000
SPANS_MS = {"1 s": SECOND_MS, "1 min": 60 * SECOND_MS, "1 h": 3_600 * SECOND_MS, "400 days": 400 * 86_400 * SECOND_MS}
MANY = 100_000 if SOAK else 3_000
COUNTS = [1, 1_000, pytest.param(MANY, marks=pytest.mark.slow)]
OUTAGES = [
    *((span, count) for span in SPANS_MS for count in (1, 1_000)),
    *(pytest.param(span, MANY, marks=pytest.mark.slow) for span in ("1 s", "400 days")),
]
BACK_MS = 3_000  # the path's own latency, a few words there and back, and the hint that waits for a second
WINDOWED = TURN_ENTRIES // BUNDLE_ENTRIES_MAX


def greeted(*up: int) -> Wires:
    """Two stations that have exchanged a message each."""
    wires = Wires(up=up or (COPPER,))
    for side in (NORTH, SOUTH):
        wires.enact(side, SendMessage(line=0, text="Good morning."))
        wires.run(3_000)
    return wires


def fill(wires: Wires, side: int, count: int) -> list[str]:
    """So many messages, one after the other."""
    texts = [f"{side} says number {number}" for number in range(count)]
    for text in texts:
        wires.enact(side, SendMessage(line=0, text=text))
    return texts


def said(wires: Wires, holder: int, author: int) -> list[str]:
    """The texts of an author's messages, in the order of the holder's record, but the greeting."""
    store = wires.desk(holder).ctx.store
    bodies = (entries.decode(kept.data).body for kept in store.entries(author, 0, 0, 1_000_000))
    return [body.text for body in bodies if isinstance(body, Message)][1:]


def forget_counts(wires: Wires) -> None:
    for way in wires.ways.values():
        way.bundles = way.bytes = 0
    wires.sends_at_once = 0


def went(wires: Wires) -> int:
    return sum(way.bundles for way in wires.ways.values())


def wait_away(wires: Wires, span_ms: int) -> None:
    """The outage lasts: an hour of it with both stations awake, the rest at once."""
    wires.run(min(span_ms, 3_600 * SECOND_MS))
    wires.leap(max(span_ms - 3_600 * SECOND_MS, 0))


@pytest.mark.parametrize("both", [False, True], ids=["one-side", "both-sides"])
@pytest.mark.parametrize(("span", "count"), OUTAGES)
def test_after_an_outage_all_is_there_once_in_order_and_soon(span, count, both):
    """However long and however much: nothing is sent while no path is up; afterwards all comes within some seconds of
    the path's own time, in as many bundles as it fills and few more, and no turn hands out more than its share."""
    wires = greeted()
    wires.set_up()
    forget_counts(wires)
    north, south = fill(wires, NORTH, count), fill(wires, SOUTH, count if both else 0)
    wait_away(wires, SPANS_MS[span])
    assert went(wires) == 0

    wires.set_up(COPPER)
    took_ms = wires.run(600 * SECOND_MS, wires.at_rest)

    assert wires.at_rest()
    assert [said(wires, side, NORTH) for side in (NORTH, SOUTH)] == [north] * 2
    assert [said(wires, side, SOUTH) for side in (NORTH, SOUTH)] == [south] * 2
    filled = (2 if both else 1) * -(-count // BUNDLE_ENTRIES_MAX)
    assert took_ms <= BACK_MS + filled * 10
    assert went(wires) <= 3 * filled + 16
    assert wires.sends_at_once <= WINDOWED + 8


@pytest.mark.parametrize("count", COUNTS)
def test_by_a_relay_alone_a_side_that_was_away_finds_all_there(count):
    """The relay is given everything once while the other side is away, and nothing more however long that lasts; who
    returns has all of it though the author is gone."""
    wires = greeted(SATELLITE)
    wires.kill(SOUTH)
    forget_counts(wires)
    north = fill(wires, NORTH, count)
    wait_away(wires, SPANS_MS["1 h"])
    given = wires.ways[SATELLITE, NORTH].bundles
    wait_away(wires, SPANS_MS["400 days"])
    wires.run(SPANS_MS["1 h"])
    assert wires.ways[SATELLITE, NORTH].bundles == given <= count + 16

    wires.kill(NORTH)
    wires.start(SOUTH)
    wires.run(60 * SECOND_MS + count * 2)  # this relay hands over a bundle each millisecond
    assert said(wires, SOUTH, NORTH) == north
    wires.start(NORTH)
    wires.run(60 * SECOND_MS, wires.at_rest)

    assert wires.at_rest()
    assert said(wires, NORTH, NORTH) == north


@pytest.mark.parametrize("count", COUNTS)
def test_when_only_a_relay_returns_all_goes_by_it(count):
    """Both wrote while nothing was up; the relay is what comes back."""
    wires = greeted(SATELLITE)
    wires.set_up()
    forget_counts(wires)
    north, south = fill(wires, NORTH, count), fill(wires, SOUTH, count)
    wait_away(wires, SPANS_MS["400 days"])

    wires.set_up(SATELLITE)
    took_ms = wires.run(600 * SECOND_MS, wires.at_rest)

    assert [said(wires, side, NORTH) for side in (NORTH, SOUTH)] == [north] * 2
    assert [said(wires, side, SOUTH) for side in (NORTH, SOUTH)] == [south] * 2
    filled = 2 * -(-count // BUNDLE_ENTRIES_MAX)
    assert took_ms <= BACK_MS + filled * 20
    assert went(wires) <= 3 * filled + 4 * WINDOWED + 24  # a share as the relay comes up, and one as they attach


@pytest.mark.parametrize("count", COUNTS)
def test_by_a_courier_alone_one_round_brings_all(count):
    """There and back, and there again with what acknowledges: both hold everything, and the next load is empty but for
    a hint."""
    wires = greeted()
    wires.set_up()
    north, south = fill(wires, NORTH, count), fill(wires, SOUTH, count)
    wait_away(wires, SPANS_MS["400 days"])

    load = wires.carry(NORTH)
    wires.carry(SOUTH)
    wires.carry(NORTH)
    wires.carry(SOUTH)

    assert wires.equal()
    assert [said(wires, side, NORTH) for side in (NORTH, SOUTH)] == [north] * 2
    assert [said(wires, side, SOUTH) for side in (NORTH, SOUTH)] == [south] * 2
    assert load <= -(-count // BUNDLE_ENTRIES_MAX) + 2
    assert wires.carry(NORTH) == 1
    assert wires.ways[STICK, NORTH].bundles == 0


def test_a_path_that_loses_and_reorders_brings_all_without_a_storm():
    """A tenth lost each way, and the rest up to a tenth of a second late: all is there within a few rounds, and what
    goes is some times what was waiting."""
    wires = greeted()
    wires.set_up()
    north, south = fill(wires, NORTH, 2_000), fill(wires, SOUTH, 2_000)
    forget_counts(wires)
    for side in (NORTH, SOUTH):
        wires.ways[COPPER, side].loss = 0.1
        wires.ways[COPPER, side].disorder_ms = 100

    wires.set_up(COPPER)
    took_ms = wires.run(600 * SECOND_MS, wires.at_rest)

    assert [said(wires, SOUTH, NORTH), said(wires, NORTH, SOUTH)] == [north, south]
    assert took_ms <= 120 * SECOND_MS
    assert went(wires) <= 20 * 2 * 2_000 // BUNDLE_ENTRIES_MAX


def test_a_path_that_only_looks_alive_is_given_a_share_each_round():
    """Nothing gets through for an hour: each round sends a turn's share, not all that waits."""
    wires = greeted()
    wires.set_up()
    fill(wires, NORTH, 5_000)
    for side in (NORTH, SOUTH):
        wires.ways[COPPER, side].whole = False
    forget_counts(wires)

    wires.set_up(COPPER)
    wires.run(SPANS_MS["1 h"])

    window = WINDOW_ENTRIES // BUNDLE_ENTRIES_MAX
    assert wires.ways[COPPER, NORTH].bundles <= 70 * (window + 4)
