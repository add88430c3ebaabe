"""The drill for a missed call: on an officer's order it tests, rings again, tries the other lines, states the facts."""

from __future__ import annotations

from datetime import datetime

import pytest

from openline.core.release import by_station
from openline.station import demands
from openline.station.callbook import CallBook
from openline.station.calls import LASTS
from openline.station.commands import CutLines
from openline.station.drill import Drill, Drills, missed_of_ours
from openline.station.facts import EN, KO, Facts
from openline.wire.bodies import Call
from openline.wire.errors import Refused
from openline.wire.terms import Lane, Outcome, Phase
from tests.unit.station.desks import Pair

NORTH, SOUTH = 0, 1
LINE, OTHER = 0, 1
HAN = 1
NINE_S = int(datetime.fromisoformat("2020-09-14T09:00+09:00").timestamp())
RETRIES, AFTER_S = 2, 300


class Post:
    """The south's desk five minutes after a nine o'clock call that nobody answered, and its drills."""

    def __init__(self) -> None:
        self.pair = Pair()
        self.pair.now_ms = (NINE_S - 5) * 1000
        self.desk = self.pair.desks[SOUTH]
        self.book = CallBook(self.desk)
        self.drills = Drills(self.desk, self.book, RETRIES, AFTER_S)
        for desk in self.pair.desks:
            desk.at(self.pair.now)
            desk.duties.begin(self.pair.now_s)
        self.missed = [self.pass_s(5), self.pass_s(61), self.pass_s(239)]

    def pass_s(self, seconds: int) -> None:
        """Time passes second by second, as in a running station."""
        for _ in range(seconds):
            self.pair.wait(1_000)
            self.pair.deliver()
            self.drills.tick(self.pair.now)
            self.pair.take(SOUTH)
            self.pair.deliver()

    def order(self) -> Drill:
        drill = self.drills.begin(LINE, HAN, {"copper": "up", "satellite": "no route to 192.0.2.7"}, self.pair.now)
        self.pair.take(SOUTH)
        self.pair.deliver()
        return drill

    def pick_up(self, phase: Phase) -> None:
        north = self.pair.desks[NORTH]
        [ring] = north.calls.ringing_here()
        north.pick_up(ring.call_id, phase, self.pair.now)
        self.pair.take(NORTH)
        self.pair.deliver()


def states(drill: Drill) -> list[str]:
    return [each.state for each in drill.tries]


def test_no_timer_begins_it():
    """A missed check-in is not rung again by itself, however long it is missed."""
    post = Post()
    post.pass_s(900)

    assert not post.desk.calls.placed
    assert len(post.book.last(9)) == 1
    assert demands.missed_check_in(post.desk.ctx, LINE) == NINE_S


def test_it_rings_again_at_its_intervals_then_on_the_other_lines():
    """First at once, then after five minutes; when that was in vain, once on every other line; then it has ended."""
    post = Post()
    began_s = post.pair.now_s
    drill = post.order()
    assert drill.due_s == NINE_S
    post.pass_s(59)
    assert states(drill) == ["rang"]
    post.pass_s(2)
    assert states(drill) == ["rang_unanswered"]
    post.pass_s(AFTER_S - 62)
    assert len(drill.tries) == 1
    post.pass_s(2)
    assert len(drill.tries) == 2
    post.pass_s(62)
    assert states(drill) == ["rang_unanswered"] * 2
    assert [each.line for each in drill.others] == [OTHER]
    assert drill.ended_s is None
    post.pass_s(62)

    assert [each.state for each in drill.others] == ["rang_unanswered"]
    assert drill.ended_s is not None
    assert [each.at_s - began_s for each in drill.tries] == [0, AFTER_S]


def test_an_answer_completes_the_check_in():
    """A call of the drill carries the check-in that it makes up for: answered and sealed, nothing is missed."""
    post = Post()
    drill = post.order()
    post.pass_s(3)
    post.pick_up(Phase.ANSWERED)
    post.pass_s(1)

    assert drill.ended_s is not None
    assert states(drill) == ["talking"]
    post.pass_s(65)
    assert demands.missed_check_in(post.desk.ctx, LINE) is None
    assert missed_of_ours(post.desk, LINE) == 0
    assert post.book.last(1)[0].officer == HAN


@pytest.mark.parametrize("phase", [Phase.DECLINED, Phase.DEFERRED])
def test_their_word_ends_it(phase: Phase):
    """Whoever declined or put off was reached: nobody is rung again, on this line or another."""
    post = Post()
    drill = post.order()
    post.pick_up(phase)
    post.pass_s(2 * AFTER_S)

    assert states(drill) == [phase.name.lower()]
    assert drill.others == []
    assert drill.ended_s is not None


def test_a_check_in_passes_a_cut_and_other_calls_do_not():
    """On a cut line the missed check-in is still rung again; on the other cut line nothing is, and it says why."""
    post = Post()
    post.pair.act(SOUTH, CutLines(lines=None))
    post.pair.deliver()
    drill = post.order()
    post.pass_s(AFTER_S + 70)

    assert states(drill) == ["rang_unanswered"] * 2
    [other] = drill.others
    assert other.state == ""
    assert "suspended" in other.why


def test_it_is_broken_off_by_an_officer():
    """What rings is hung up at once, nothing more is rung, and the statement holds what was done until then."""
    post = Post()
    drill = post.order()
    post.pass_s(5)
    post.drills.stop(LINE, post.pair.now)
    post.pair.take(SOUTH)
    post.pair.deliver()
    assert not post.desk.calls.placed
    assert not post.pair.desks[NORTH].calls.ringing_here()
    post.pass_s(2 * AFTER_S)

    assert (drill.stopped, states(drill)) == (True, ["rang_unanswered"])
    with pytest.raises(Refused, match="no drill is running"):
        post.drills.stop(LINE, post.pair.now)


def test_one_drill_at_a_time():
    """A second order on the same line is refused while the first lasts."""
    post = Post()
    post.order()

    with pytest.raises(Refused, match="a drill is running"):
        post.order()


def test_without_a_missed_check_in_it_rings_as_any_call():
    """Ordered where nothing is missed it is a call outside the schedule."""
    post = Post()
    post.order()
    post.pick_up(Phase.ANSWERED)
    post.pass_s(70)

    drill = post.order()

    assert drill.due_s == 0
    assert post.desk.calls.placed[drill.tries[0].call_id].due_s == 0


def test_the_statement_holds_facts_and_no_secret():
    """It names lines, times and their signed words, in both languages; no officer, no address, no motive."""
    post = Post()
    drill = post.order()
    post.pass_s(AFTER_S + 130)
    accord = post.desk.ctx.accord

    texts = Facts(accord, SOUTH, drill).texts()

    assert "The call of 09:00 on the line panmunjom was not completed." in texts["en"]
    assert "09:05:00: we rang on panmunjom: it rang there, as their station says; nobody answered." in texts["en"]
    assert "we rang on military west" in texts["en"]
    assert "copper up, satellite not up" in texts["en"]
    assert "panmunjom 회선의 09시 00분 정기 통화가 이루어지지 않았다." in texts["ko"]
    for text in texts.values():
        assert "han" not in text.lower().split()
        assert "192.0.2.7" not in text
        assert not {"refused", "ignored", "hostile"} & set(text.lower().replace(".", " ").split())


def test_there_are_words_for_every_outcome():
    """However a call of a drill stands, both languages can say so."""
    states = {outcome.name.lower() for outcome in Outcome} | {"placed", "rang", "talking"}

    assert states == set(EN) == set(KO)


def test_a_missed_check_in_of_theirs_is_not_ours_to_make_up():
    """The called side's drill rings a call of its own."""
    post = Post()
    north = post.pair.desks[NORTH]
    north.at(post.pair.now)

    assert demands.missed_check_in(north.ctx, LINE) == NINE_S
    assert missed_of_ours(north, LINE) == 0


def test_finished_calls_are_told_from_the_record():
    """Of calls beyond the book's memory the oldest are forgotten; each is told by its caller's entry."""
    post = Post()
    for number in range(300):
        body = Call(line=OTHER, lane=Lane.SAFETY, call_id=number.to_bytes(8), started_s=1, outcome=Outcome.NOT_RUNG)
        post.desk.ctx.append(by_station(body))

    assert len(post.book.last(999)) == 256
    assert post.book.last(1)[0].id == (299).to_bytes(8)
    assert post.book.one((0).to_bytes(8)) is None


def test_a_line_in_use_is_not_rung_by_a_drill():
    """The other side rings on another line just then: the drill leaves that line alone, and its statement says why."""
    post = Post()
    drill = post.order()
    post.pass_s(AFTER_S + 50)
    post.pair.desks[NORTH].place_call(OTHER, Lane.LIAISON, post.pair.now)
    post.pair.take(NORTH)
    post.pair.deliver()
    post.pass_s(20)

    assert [(each.line, each.why) for each in drill.others] == [(OTHER, LASTS)]
    assert not post.desk.calls.placed
    assert LASTS in Facts(post.desk.ctx.accord, SOUTH, drill).texts()["en"]
