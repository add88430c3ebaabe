"""The flag of a message: how it stands to the suspensions it met, the same on both sides (spec 10.6)."""

from __future__ import annotations

from openline.core.state import Flag
from openline.wire import bodies
from openline.wire.terms import Lane
from tests.unit.audit.build import START_S
from tests.unit.core.folding import BOTH_LANES, HOUR_S, NORTH, SOUTH, Story


def test_a_message_on_an_open_lane_has_none() -> None:
    """Nothing is cut; nor does a suspension of another lane or line count."""
    story = Story()
    story.suspend(NORTH, ((0, Lane.SAFETY), (1, Lane.LIAISON)))
    assert story.flag(story.say(SOUTH)) is Flag.NONE


def test_out_of_line_is_who_knew() -> None:
    """The author's chain held the suspension: as its own, or by acknowledging it."""
    story = Story()
    story.suspend(NORTH)
    assert story.flag(story.say(SOUTH)) is Flag.OUT_OF_LINE
    assert story.flag(story.say(NORTH)) is Flag.OUT_OF_LINE


def test_crossed_is_neither_knew() -> None:
    """Neither author had acknowledged the other's entry."""
    story = Story()
    story.say(SOUTH)
    cut = story.suspend(NORTH)
    late = story.say(SOUTH, ack=None)
    assert cut.ack is not None
    assert story.flag(late) is Flag.CROSSED


def test_what_the_suspending_side_had_seen_did_not_cross() -> None:
    """It cut knowing the message: the message was before the cut."""
    story = Story()
    said = story.say(SOUTH)
    story.suspend(NORTH)
    assert story.flag(said) is Flag.NONE


def test_ones_own_later_suspension_does_not_touch_what_was_said_before() -> None:
    """The author's chain has the message first."""
    story = Story()
    said = story.say(NORTH)
    story.suspend(NORTH)
    assert story.flag(said) is Flag.NONE


def test_before_its_time_a_known_suspension_does_not_count() -> None:
    """`from` was not past by the author's own time: nothing was defied, and nothing crossed."""
    story = Story().at(0)
    story.suspend(NORTH, from_s=START_S + HOUR_S)
    early, late = story.at(HOUR_S - 1).say(SOUTH), story.at(HOUR_S).say(SOUTH)
    assert [story.flag(x) for x in (early, late)] == [Flag.NONE, Flag.OUT_OF_LINE]


def test_a_suspension_of_later_effect_crosses_nothing() -> None:
    """What was announced for noon and met a message on its way at eleven did not hold at once."""
    story = Story().at(0)
    said = story.say(SOUTH)
    story.suspend(NORTH, from_s=START_S + HOUR_S, ack=None)
    assert story.flag(said) is Flag.NONE


def test_after_a_restoration_that_the_author_held_it_is_in_line() -> None:
    """Only suspensions active at the message count: not one whose concluded restoration its author knew."""
    story = Story().at(0)
    story.conclude(SOUTH, story.propose(SOUTH, story.suspend(NORTH)))
    before, after = story.at(HOUR_S - 1).say(SOUTH), story.at(HOUR_S).say(SOUTH)
    assert [story.flag(x) for x in (before, after)] == [Flag.OUT_OF_LINE, Flag.NONE]


def test_who_does_not_hold_the_third_leg_is_out_of_line() -> None:
    """The side that accepted waits for the confirmation; what it sends before it holds that stays out of line."""
    story = Story().at(0)
    offer = story.propose(SOUTH, story.suspend(NORTH))
    story.accept(NORTH, offer)
    story.confirm(SOUTH)
    ignorant, knowing = story.at(HOUR_S).say(NORTH, ack=None), story.say(NORTH)
    assert [story.flag(x) for x in (ignorant, knowing)] == [Flag.OUT_OF_LINE, Flag.NONE]


def test_a_restoration_of_the_other_lane_changes_nothing_here() -> None:
    """It lifts where it covers."""
    story = Story().at(0)
    story.conclude(SOUTH, story.propose(SOUTH, story.suspend(NORTH, BOTH_LANES), scope=((0, Lane.SAFETY),)))
    story.at(HOUR_S)
    assert story.flag(story.say(SOUTH)) is Flag.OUT_OF_LINE
    assert story.flag(story.say(SOUTH, lane=Lane.SAFETY)) is Flag.NONE


def test_out_of_line_weighs_more_than_crossed() -> None:
    """A message that defied one suspension and crossed another is out of line."""
    story = Story()
    story.suspend(NORTH)
    story.confirm(SOUTH)
    story.suspend(NORTH)
    assert story.flag(story.say(SOUTH, ack=None)) is Flag.OUT_OF_LINE


def test_a_letter_is_never_flagged() -> None:
    """Letters pass when lines are cut."""
    story = Story()
    story.suspend(NORTH)
    assert story.flag(story.add(SOUTH, bodies.Letter(age=b"sealed"))) is Flag.NONE
