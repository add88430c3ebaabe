"""What a station keeps beside the record about its lines: changes of state, when it did not run, public statements."""

from __future__ import annotations

from openline.core.silence import Gap
from openline.ports import Now
from openline.station import history
from openline.station.commands import CutLines
from openline.station.context import Context
from openline.station.history import Change, History
from openline.station.statements import KEPT, Statements
from openline.station.uptime import SHORTEST_S, Uptime
from tests.unit.station.desks import Pair

NORTH, SOUTH = 0, 1
LINE, OTHER = 0, 1
PAK = 0


def pass_s(pair: Pair, seen: History, seconds: int, *, pulses: bool = True) -> None:
    for _ in range(seconds):
        pair.wait(1_000)
        if pulses and pair.now_s % 30 == 0:
            for side, desk in enumerate(pair.desks):
                desk.paths.pulse_all()
                pair.take(side)
        pair.deliver()
        seen.desk.at(pair.now)
        seen.look_if_due(pair.now)
        pair.take(NORTH)


def states(seen: History, line: int = LINE) -> list[tuple[str, str]]:
    return [(change.formal, change.observed) for change in seen.since(line, 0)]


def test_only_a_change_is_written():
    """A line that stands the same for minutes leaves one entry; each change of either state leaves one more."""
    pair = Pair()
    seen = History(pair.desks[NORTH])
    pass_s(pair, seen, 120)
    assert states(seen) == [("open", "through")]
    pair.act(SOUTH, CutLines(lines=None))
    pair.deliver()
    pass_s(pair, seen, 60)
    assert states(seen) == [("open", "through"), ("suspended", "through")]
    pass_s(pair, seen, 600, pulses=False)

    assert states(seen)[2:] == [("suspended", "cannot_tell")]
    assert len(pair.desks[NORTH].ctx.store.metas("seen/")) == len(states(seen)) + len(states(seen, OTHER))


def test_history_outlives_a_restart_with_its_gap():
    """After a restart the changes are there, and since the station was last known to run nobody was watching."""
    pair = Pair()
    seen = History(pair.desks[NORTH])
    pass_s(pair, seen, 60)
    before = seen.since(LINE, 0)
    down = Gap(pair.now_s, pair.now_s + 3600, down=True)

    again = History(pair.desks[NORTH])
    again.load(down)

    assert again.since(LINE, 0) == [*before, Change(down.from_s, "open", "not_watching")]


def test_history_is_bounded(monkeypatch):
    """Of each line the newest changes are kept, in memory and in the store."""
    monkeypatch.setattr(history, "KEPT", 10)
    pair = Pair()
    seen = History(pair.desks[NORTH])
    for number in range(25):
        seen._add(LINE, Change(number, "open", "through"))
    pair.take(NORTH)

    assert [change.at_s for change in seen.since(LINE, 0)] == list(range(15, 25))
    assert len(pair.desks[NORTH].ctx.store.metas("seen/")) == 10


def test_what_was_before_opens_a_stretch():
    """Asked from an instant on, the first change told is how the line stood at that instant."""
    seen = History(Pair().desks[NORTH])
    for at_s in (100, 200, 300):
        seen._add(LINE, Change(at_s, "open", str(at_s)))

    assert seen.since(LINE, 250) == [Change(250, "open", "200"), Change(300, "open", "300")]
    assert seen.since(LINE, 50)[0] == Change(100, "open", "100")
    assert seen.since(LINE, 200)[0] == Change(200, "open", "200")


# ---- when it did not run


def context(pair: Pair) -> Context:
    return pair.desks[NORTH].ctx


def test_a_stop_is_seen_at_the_next_start():
    """A killed station notes nothing, and yet knows afterwards from when it was last known to run to when it was up."""
    pair = Pair()
    first = Uptime(context(pair))
    assert first.load(pair.now) is None
    pair.take(NORTH)
    noted_s = pair.now_s
    for second in range(1, 90):
        first.note_if_due(Now(pair.now_ms + 1000 * second, pair.now_ms + 1000 * second))
    pair.take(NORTH)
    later = Now(pair.now_ms + 7_200_000, 5)

    gap = Uptime(context(pair)).load(later)

    assert gap == Gap(noted_s + 60, later.clock_s, down=True)
    pair.take(NORTH)
    again = Uptime(context(pair))
    assert again.load(later) is None
    assert again.down == [gap]


def test_a_short_stop_is_no_gap():
    """What cannot be told from the minute between two notes is not claimed."""
    pair = Pair()
    Uptime(context(pair)).load(pair.now)
    pair.take(NORTH)

    assert Uptime(context(pair)).load(Now(pair.now_ms + 1000 * (SHORTEST_S - 1), 5)) is None
    assert Uptime(context(pair)).load(Now(pair.now_ms - 1000, 5)) is None


# ---- statements


def test_a_statement_is_evidence_with_source_and_day():
    """It is quoted in the evidence of its line for a month, the newest first, and of no other line."""
    pair = Pair()
    said = Statements(context(pair))
    said.note(LINE, "All lines will be cut.", "KCNA", pair.now_s - 3600, PAK)
    said.note(LINE, "A statement of long ago.", "KCNA", pair.now_s - 90 * 86_400, PAK)
    said.note(LINE, "We regret this.", "the ministry", pair.now_s - 60, PAK)

    assert said.told(LINE) == (
        "the ministry, 13 September 2020, 21:25: We regret this.",
        "KCNA, 13 September 2020, 20:26: All lines will be cut.",
    )
    assert said.told(OTHER) == ()


def test_statements_outlive_a_restart_and_are_bounded():
    """They are read back as they were noted; the oldest of very many are forgotten."""
    pair = Pair()
    said = Statements(context(pair))
    for number in range(KEPT + 5):
        said.note(LINE, f"statement {number}", "KCNA", pair.now_s, PAK)
    pair.take(NORTH)
    again = Statements(context(pair))
    again.load()

    assert again.said == said.said
    assert len(again.said) == KEPT
    assert len(context(pair).store.metas("said/")) == KEPT
    assert again.of(LINE)[0].text == f"statement {KEPT + 4}"
