"""What is observed of a line: each verdict alone, and their order (spec 11, DESIGN §6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openline.core import silence
from openline.core.silence import VERDICTS, Demand, Evidence, Heard, Observed, RelayWord, verdict
from openline.wire.terms import Outcome

NOW = 100_000_000
PULSE = 60_000
RECENT, OLD = NOW - 3 * PULSE, NOW - 3 * PULSE - 1  # three intervals ago is within three; a millisecond more is not

CARRIERS = ("copper", "satellite")
DARK = Evidence(
    line="panmunjom", formal="open", pulse_ms=PULSE, up_since_ms=0, probes_ok=True, line_carriers=CARRIERS
)


def heard(here: int | None = RECENT, echo: int | None = RECENT, **more: Any) -> Evidence:
    """A pulse of theirs came here."""
    values: dict[str, Any] = {"heard_carriers": {"copper": here}} | more
    return replace(DARK, heard_here=Heard(here or 0, echo), heard_by_carrier={"copper": here}, **values)


def called(outcome: Outcome, **more: Any) -> Evidence:
    return replace(DARK, heard_carriers={"copper": RECENT}, demand=Demand("call", 0, outcome=outcome), **more)


def asked(*, shown: bool = True, answered: bool = False, **more: Any) -> Evidence:
    demand = Demand("message", 0, shown=shown, answered=answered)
    return replace(DARK, **({"heard_carriers": {"copper": RECENT}, "demand": demand} | more))


# One evidence for each verdict, in the order of the design; all that holds later holds in it too, where it can.
EACH = {
    Observed.NOT_WATCHING: replace(DARK, up_since_ms=None),
    Observed.OUR_SIDE_CUT: replace(DARK, probes_ok=False),
    Observed.DECLINED: called(Outcome.DECLINED),
    Observed.DEFERRED: called(Outcome.DEFERRED),
    Observed.RANG_UNANSWERED: called(Outcome.RANG_UNANSWERED),
    Observed.READ_NO_REPLY: asked(),
    Observed.THROUGH: heard(),
    Observed.NOT_EXPECTED: replace(DARK, every_lane_cut=True),
    Observed.AGREED_NOT_THROUGH: replace(DARK, opened_by_restoration=True, heard_lines={"other": RECENT}),
    Observed.PATH_DOWN: replace(DARK, heard_lines={"other": RECENT}),
    Observed.THEIR_STATION_DOWN: replace(DARK, relays=(RelayWord("satellite", True, False, RECENT),)),
    Observed.CANNOT_TELL: DARK,
}


@pytest.mark.parametrize("expected", list(Observed))
def test_each_verdict_has_its_evidence(expected: Observed) -> None:
    """One case for each, which gives that verdict and no other."""
    assert verdict(EACH[expected], NOW) is expected


def test_the_order_is_the_designs() -> None:
    """Exactly one holds: the first in this order."""
    assert [name for name, _ in VERDICTS] == list(EACH) == list(Observed)


@pytest.mark.parametrize(
    ("evidence", "first"),
    [
        (called(Outcome.DECLINED, up_since_ms=None, probes_ok=False), Observed.NOT_WATCHING),
        (called(Outcome.DECLINED, probes_ok=False), Observed.OUR_SIDE_CUT),
        (called(Outcome.DECLINED, they_withhold=True, every_lane_cut=True), Observed.DECLINED),
        (asked(they_withhold=True), Observed.READ_NO_REPLY),
        (heard(every_lane_cut=True), Observed.THROUGH),
        (heard(demand=Demand("call", 0, outcome=Outcome.RANG_UNANSWERED)), Observed.RANG_UNANSWERED),
        (replace(EACH[Observed.AGREED_NOT_THROUGH], they_withhold=True), Observed.NOT_EXPECTED),
        (replace(EACH[Observed.AGREED_NOT_THROUGH], relays=EACH[Observed.THEIR_STATION_DOWN].relays),
         Observed.AGREED_NOT_THROUGH),
        (replace(EACH[Observed.PATH_DOWN], relays=EACH[Observed.THEIR_STATION_DOWN].relays), Observed.PATH_DOWN),
    ],
)  # fmt: skip
def test_of_two_that_hold_the_first_is_told(evidence: Evidence, first: Observed) -> None:
    """Evidence for several verdicts gives the one that stands first."""
    assert verdict(evidence, NOW) is first


# ---- 1: not watching


@pytest.mark.parametrize(
    ("evidence", "watching"),
    [
        (replace(DARK, up_since_ms=None), False),
        (replace(DARK, restoring=True), False),
        (replace(DARK, up_since_ms=RECENT + 1), False),
        (replace(DARK, up_since_ms=RECENT), True),
        (replace(heard(NOW), up_since_ms=NOW - 1), True),
        (replace(heard(NOW - 2), up_since_ms=NOW - 1), False),
    ],
)
def test_a_station_that_just_came_up_has_not_watched(evidence: Evidence, watching: bool) -> None:
    """Down, restoring, or up for less than three intervals with nothing heard here since."""
    assert (verdict(evidence, NOW) is not Observed.NOT_WATCHING) is watching


# ---- 2: our side cut


@pytest.mark.parametrize(
    ("evidence", "cut"),
    [
        (replace(DARK, probes_ok=None), False),
        (replace(heard(RECENT), probes_ok=False), False),
        (replace(heard(OLD, heard_carriers={}), probes_ok=False), True),
        (replace(DARK, probes_ok=False, heard_lines={"other": RECENT}), False),
        (replace(DARK, probes_ok=False, heard_carriers={"satellite": RECENT}), True),
    ],
)
def test_our_own_probes_speak_only_while_nothing_of_theirs_comes(evidence: Evidence, cut: bool) -> None:
    """Failing probes and nothing of theirs on any line; a bundle by a carrier is on no line."""
    assert (verdict(evidence, NOW) is Observed.OUR_SIDE_CUT) is cut


# ---- 3: how far our demand got


def test_a_demand_counts_only_while_they_are_alive_or_withhold() -> None:
    """What their station said of a call says nothing once the station itself is silent."""
    silent = called(Outcome.DECLINED, heard_lines={})
    assert verdict(replace(silent, heard_carriers={"copper": OLD}), NOW) is Observed.CANNOT_TELL
    assert verdict(replace(silent, heard_carriers={}, they_withhold=True), NOW) is Observed.DECLINED


@pytest.mark.parametrize("outcome", [Outcome.NOT_RUNG, Outcome.ANSWERED, Outcome.INTERRUPTED])
def test_a_call_without_their_word_is_no_word_of_theirs(outcome: Outcome) -> None:
    """Never rung, cut short here, or answered: none of the four."""
    assert verdict(called(outcome), NOW) is Observed.CANNOT_TELL


@pytest.mark.parametrize(("shown", "answered"), [(False, False), (True, True), (False, True)])
def test_a_message_not_opened_or_answered_is_no_silence(shown: bool, answered: bool) -> None:
    """`read_no_reply` is shown and not answered; a late answer clears it."""
    assert verdict(asked(shown=shown, answered=answered), NOW) is Observed.CANNOT_TELL


# ---- 4: through


@pytest.mark.parametrize(
    ("evidence", "through"),
    [
        (heard(RECENT, RECENT), True),
        (heard(OLD, OLD), False),
        (heard(NOW, None), False),
        (heard(NOW, OLD), False),
        (heard(RECENT, RECENT - 3 * PULSE), True),  # the echo's age counts from when the pulse came
        (replace(heard(NOW, None), we_send_pulses=False), True),
        (replace(heard(NOW, NOW), heard_by_carrier={}), False),  # a call signal is no pulse
    ],
)
def test_through_is_a_fresh_pulse_that_echoes_a_fresh_one_of_ours(evidence: Evidence, through: bool) -> None:
    """Both directions are proven at once; while we withhold ours, theirs alone is enough."""
    assert (verdict(evidence, NOW) is Observed.THROUGH) is through


# ---- 5 to 9


def test_silence_is_not_expected_where_they_said_so() -> None:
    """They withhold presence, or every lane here is cut; one cut lane is not every lane."""
    assert verdict(replace(DARK, they_withhold=True), NOW) is Observed.NOT_EXPECTED
    assert not silence.not_expected(replace(DARK, every_lane_cut=False))


def test_agreed_and_not_through_needs_them_alive_on_another_line() -> None:
    """Open by a restoration, never through since, while another line hears them; once through, it is something else."""
    agreed = EACH[Observed.AGREED_NOT_THROUGH]
    assert verdict(replace(agreed, through_since_opening=True), NOW) is Observed.PATH_DOWN
    assert verdict(replace(agreed, heard_lines={"other": OLD}), NOW) is Observed.CANNOT_TELL
    assert verdict(replace(agreed, heard_lines={}, heard_carriers={"mast": RECENT}), NOW) is Observed.PATH_DOWN


@pytest.mark.parametrize(
    ("evidence", "down"),
    [
        (replace(DARK, heard_carriers={"mast": RECENT}), True),  # a carrier that is not this line's
        (replace(DARK, heard_carriers={"copper": RECENT}), False),
        (replace(DARK, heard_carriers={"mast": OLD}), False),
        (heard(RECENT, None), True),  # heard here, without hearing us
    ],
)
def test_a_path_is_down_where_they_live_elsewhere(evidence: Evidence, down: bool) -> None:
    """Alive on another line or carrier, or heard here without hearing us."""
    assert (verdict(evidence, NOW) is Observed.PATH_DOWN) is down


@pytest.mark.parametrize(
    ("in_touch", "attached", "expected"),
    [
        (True, False, Observed.THEIR_STATION_DOWN),
        (False, False, Observed.CANNOT_TELL),
        (True, True, Observed.CANNOT_TELL),
        (True, None, Observed.CANNOT_TELL),
    ],
)
def test_a_relay_is_believed_only_while_it_is_in_touch(
    in_touch: bool, attached: bool | None, expected: Observed
) -> None:
    """Its word that they are not attached; its silence, or its old word, is none."""
    assert verdict(replace(DARK, relays=(RelayWord("satellite", in_touch, attached, RECENT),)), NOW) is expected


def test_an_interval_is_the_lines_own() -> None:
    """A line that pulses every two minutes is given six."""
    slow = replace(heard(NOW - 6 * PULSE, NOW - 6 * PULSE), pulse_ms=2 * PULSE)
    assert verdict(slow, NOW) is Observed.THROUGH
    assert verdict(replace(slow, pulse_ms=PULSE), NOW) is Observed.CANNOT_TELL
