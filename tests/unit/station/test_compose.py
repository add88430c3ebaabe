"""Stage one: what may be composed, and which rule refuses what may not (spec 1)."""

from __future__ import annotations

import pytest

from openline.station import commands as c
from openline.wire.bodies import Document, Message, Suspend
from openline.wire.errors import Refused
from openline.wire.terms import Lane, Precedence
from tests.unit.station.desks import Pair

NORTH, SOUTH = 0, 1
PAST_S, LATER_S = 1_599_999_999, 1_700_000_000


def message(text: str = "all quiet", **given: object) -> c.SendMessage:
    return c.SendMessage(line=0, text=text, **given)  # type: ignore[arg-type]


def test_a_message_is_numbered_by_its_author_its_line_and_its_year():
    """Officers cite a message as side–line–year–number; the count is the author's own."""
    pair = Pair()

    numbers = [pair.act(SOUTH, message()).body.number for _ in range(3)]

    assert numbers == [1, 2, 3]
    assert pair.act(NORTH, message()).body.number == 1


def test_marks_are_in_what_is_signed():
    """Exercise, language, precedence and due time are fields of the entry, not of a screen."""
    draft = Pair().draft(SOUTH, message(exercise=True, language="ko", precedence=Precedence.FLASH, due_s=600))

    assert isinstance(draft.body, Message)
    assert (draft.body.exercise, draft.body.language, draft.body.due_s) == (True, "ko", 600)
    assert draft.body.precedence is Precedence.FLASH


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(message(), id="message"),
        pytest.param(c.SendNotice(line=0, form="hazard"), id="notice"),
        pytest.param(c.SendDocument(line=0, pages=b"x"), id="document"),
    ],
)
def test_a_cut_liaison_lane_refuses_ordinary_traffic_and_says_why(command):
    """The refusal names the line and its state."""
    pair = Pair()
    pair.act(SOUTH, c.CutLines(lines=(0,)))

    with pytest.raises(Refused, match=r"liaison lane of panmunjom is suspended"):
        pair.draft(SOUTH, command)


def test_a_call_on_a_cut_liaison_lane_is_refused():
    """An unscheduled call is ordinary traffic."""
    pair = Pair()
    pair.act(SOUTH, c.CutLines(lines=(0,)))

    with pytest.raises(Refused, match="no call"):
        pair.desks[SOUTH].place_call(0, Lane.LIAISON, pair.now)


def test_distress_is_never_refused():
    """On a cut safety lane the station warns and sends."""
    pair = Pair()
    pair.act(SOUTH, c.CutLines(lines=None, lanes=(Lane.LIAISON, Lane.SAFETY)))

    draft = pair.draft(SOUTH, message(lane=Lane.SAFETY))

    assert "goes out all the same" in draft.warnings[0]


def test_letters_and_acts_pass_a_cut_line():
    """A cut line still carries letters and the way back."""
    pair = Pair()
    pair.act(SOUTH, c.CutLines(lines=None))

    assert pair.draft(SOUTH, c.SendLetter(to=0, age=b"sealed elsewhere")).body
    assert pair.draft(SOUTH, c.ProposeRestoration(lines=None, effective_s=pair.now_s + 60)).body


def test_all_lines_are_written_out():
    """`None` stands for the lines in force at that moment; the entry names each."""
    draft = Pair().draft(SOUTH, c.CutLines(lines=None))

    assert isinstance(draft.body, Suspend)
    assert draft.body.scope == ((0, 0), (1, 0))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        pytest.param(c.CutLines(lines=(0,), from_s=PAST_S), "begin in the past", id="suspension in the past"),
        pytest.param(c.ProposeRestoration(lines=None, effective_s=LATER_S), "nothing to restore", id="nothing cut"),
        pytest.param(c.AmendLine(line=0, effective_s=PAST_S, pulse_s=30), "in the past", id="amendment in the past"),
        pytest.param(c.AcceptOffer(target=bytes(32)), "holds no such proposal", id="a proposal not held"),
        pytest.param(c.SendAnswer(to=bytes(32), text="yes"), "does not hold that message", id="a message not held"),
        pytest.param(message("x" * 9_000), "cannot be written", id="a text too long"),
        pytest.param(message("\ud800"), "cannot be written", id="half a surrogate pair"),
        pytest.param(message(corrects=bytes(32)), "not in our record", id="a correction of nothing"),
    ],
)
def test_what_a_rule_refuses_is_refused_with_its_words(command, words):
    """Every refusal names its rule, and nothing is written."""
    with pytest.raises(Refused, match=words):
        Pair().draft(SOUTH, command)


def test_only_the_other_side_accepts_and_only_the_proposer_withdraws():
    """The two acts that answer a proposal belong to one side each."""
    pair = Pair()
    pair.act(SOUTH, c.CutLines(lines=(0,)))
    offer = pair.act(SOUTH, c.ProposeRestoration(lines=(0,), effective_s=pair.now_s + 60))
    pair.deliver()

    with pytest.raises(Refused, match="other side's to accept"):
        pair.draft(SOUTH, c.AcceptOffer(target=offer.id))
    with pytest.raises(Refused, match="only its proposer"):
        pair.draft(NORTH, c.WithdrawOffer(target=offer.id))


def test_an_acceptance_after_the_effective_time_is_refused_where_it_is_composed():
    """Nobody agrees to what is past."""
    pair = Pair()
    pair.act(SOUTH, c.CutLines(lines=(0,)))
    offer = pair.act(SOUTH, c.ProposeRestoration(lines=(0,), effective_s=pair.now_s + 60))
    pair.deliver()
    pair.now_ms += 61_000

    with pytest.raises(Refused, match="effective time has passed"):
        pair.draft(NORTH, c.AcceptOffer(target=offer.id))


def test_a_side_neither_acknowledges_nor_answers_its_own_message():
    """A receipt is the other side's word."""
    pair = Pair()
    own = pair.act(SOUTH, message())

    for command in (c.Acknowledge(target=own.id), c.SendAnswer(to=own.id, text="yes")):
        with pytest.raises(Refused, match="our own"):
            pair.draft(SOUTH, command)


def test_a_document_names_its_pages_by_size_and_hash():
    """The entry commits to the pages before they travel."""
    draft = Pair().draft(SOUTH, c.SendDocument(line=0, pages=b"abc"))

    assert isinstance(draft.body, Document)
    assert (draft.body.size, draft.body.digest.hex()[:8]) == (3, "ba7816bf")
