"""Explaining a silence: each verdict's sentences stand on the evidence, and none says more than it does."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.core.explain import Explanation, explain
from openline.core.silence import Cut, Demand, Evidence, Gap, Heard, History, Observed, Offer, RelayWord, verdict
from openline.wire.terms import Outcome
from tests.unit.core.evidences import EVIDENCE, HOUR, MINUTE, NOW, NOW_S, SECOND, WELL

OLD = NOW - 17 * MINUTE
DEAD = replace(
    WELL, heard_here=Heard(OLD, OLD), heard_by_carrier={"copper": OLD}, heard_lines={"west": OLD},
    heard_carriers={"copper": OLD},
)  # fmt: skip


def call(outcome: Outcome, ago_s: int = 60) -> Demand:
    return Demand("call", NOW_S - ago_s, due_s=NOW_S - ago_s - 60, outcome=outcome)


def message(*, shown: bool, late_s: int = 60) -> Demand:
    return Demand("message", NOW_S - late_s, shown=shown, cite="0/12")


# One piece of evidence for each verdict, and words that its explanation must hold: for, against, beyond knowing.
VERDICTS = {
    Observed.NOT_WATCHING: (replace(DEAD, restoring=True), "fetching its own record", "", "while we were not watching"),
    Observed.OUR_SIDE_CUT: (
        replace(DEAD, probes_ok=False, relays=(RelayWord("islet", True, True, NOW),)),
        "our own network, 1 s ago, failed", "in touch with the relay islet", "we could not see it",
    ),
    Observed.DECLINED: (
        replace(WELL, demand=call(Outcome.DECLINED)), "was declined, as their", "proves almost", "Why: the record",
    ),
    Observed.DEFERRED: (replace(WELL, demand=call(Outcome.DEFERRED)), "put off", "proves almost", "carries no time"),
    Observed.RANG_UNANSWERED: (
        replace(WELL, demand=call(Outcome.RANG_UNANSWERED)),
        "check-in due 17:00 rang there, as their station says and signed", "proves almost", "shows intention",
    ),
    Observed.READ_NO_REPLY: (
        replace(WELL, demand=message(shown=True)),
        "opened there, as their station says", "late by 60 s only", "intention",
    ),
    Observed.THROUGH: (
        replace(WELL, demand=message(shown=False)),
        "We saw their last pulse on this line 60 s ago, by copper", "not said that anybody opened", "a person is at",
    ),
    Observed.NOT_EXPECTED: (
        replace(DEAD, they_withhold=True, missed_check_in_s=NOW_S - 3_600),
        "which is their right", "due 16:02 was not completed", "last sign of life, 17 min ago",
    ),
    Observed.AGREED_NOT_THROUGH: (
        replace(
            DEAD, opened_by_restoration=True, opened_s=NOW_S - 3_600, heard_lines={"west": NOW - SECOND},
            heard_here=Heard(NOW - SECOND),
        ),
        "We hear them on west (1 s ago)", "17 min ago, by copper", "their set on this line",
    ),
    Observed.PATH_DOWN: (
        replace(DEAD, heard_lines={"west": NOW - SECOND}, missed_check_in_s=NOW_S - 3_600),
        "17 min ago, by copper", "due 16:02", "by fault or by somebody's choice",
    ),
    Observed.THEIR_STATION_DOWN: (
        replace(DEAD, relays=(RelayWord("islet", True, False, OLD), RelayWord("dune", True, True, OLD))),
        "islet says that their station is not attached; it said so 17 min ago", "dune says", "lost its way to islet",
    ),
    Observed.CANNOT_TELL: (
        replace(DEAD, missed_check_in_s=NOW_S - 3_600), "has come for 17 min", "proves almost", "look alike from here",
    ),
}  # fmt: skip


def sentences(found: Explanation) -> list[str]:
    return [found.formal, found.headline, *found.for_, *found.against, *found.cannot_know, *found.next_steps]


@pytest.mark.parametrize("observed", Observed)
def test_each_verdict_is_explained_from_its_evidence(observed):
    """For, against and beyond knowing hold what this evidence holds, with its age and who attests it."""
    evidence, *words = VERDICTS[observed]
    found = explain(evidence, NOW)

    assert found.observed is observed
    for expected, part in zip(words, (found.for_, found.against, found.cannot_know), strict=True):
        assert expected in " ".join(part)


@pytest.mark.parametrize(
    ("observed", "change", "gone"),
    [
        (Observed.OUR_SIDE_CUT, {"relays": ()}, "in touch"),
        (Observed.RANG_UNANSWERED, {"history": History(9, 0, 9, NOW_S - 9 * 86_400)}, "proves almost"),
        (Observed.READ_NO_REPLY, {"demand": message(shown=True, late_s=7_200)}, "late by"),
        (Observed.THROUGH, {"demand": call(Outcome.ANSWERED)}, "not said that anybody opened"),
        (Observed.NOT_EXPECTED, {"missed_check_in_s": None}, "was not completed"),
        (Observed.AGREED_NOT_THROUGH, {"heard_here": None, "heard_by_carrier": {}}, "by copper"),
        (Observed.THEIR_STATION_DOWN, {"relays": (RelayWord("islet", True, False, OLD),)}, "dune"),
        (Observed.CANNOT_TELL, {"missed_check_in_s": None}, "proves almost"),
    ],
)
def test_where_nothing_speaks_against_nothing_is_said(observed, change, gone):
    """The sentence against a verdict goes with the evidence that it stands on; no filler takes its place."""
    evidence = replace(VERDICTS[observed][0], **change)
    found = explain(evidence, NOW)

    assert found.observed is observed
    assert gone not in " ".join(found.against)
    assert len(found.against) < len(explain(VERDICTS[observed][0], NOW).against)


@pytest.mark.parametrize("silences", [0, 1, 7])
def test_history_is_told_in_counts(silences):
    """Earlier silences are counted, and not spoken of where there was none."""
    evidence = replace(VERDICTS[Observed.RANG_UNANSWERED][0], history=History(silences, min(silences, 3), 1, NOW_S))
    said = " ".join(explain(evidence, NOW).against)

    counted = {0: "", 1: "1 of 1 such silence here ended", 7: "3 of 7 such silences here ended"}[silences]
    assert counted in said
    assert ("such silence" in said) is bool(silences)


def test_a_run_of_silence_is_told_as_a_run():
    """After many missed calls the officer is told how many and since when, and not that one proves little."""
    history = History(521, 0, 522, NOW_S - 400 * 86_400)
    found = explain(replace(VERDICTS[Observed.RANG_UNANSWERED][0], history=history), NOW)

    run = "522 check-ins in a row have brought no answer; the last answered one was due 6 July 2020, 17:02."
    assert run in found.for_
    assert "0 of 521 such silences here ended by the next scheduled call" in " ".join(found.for_)
    assert not any("proves almost" in sentence for sentence in found.against)


def test_formal_and_observed_are_told_apart():
    """A cut line that rings is told as both, each in its own words: neither state explains the other away."""
    cut = Cut(ours=False, from_s=NOW_S - 400 * 86_400, reason="leaflets")
    evidence = replace(VERDICTS[Observed.RANG_UNANSWERED][0], formal="suspended", cuts=(cut,), every_lane_cut=True)
    found = explain(evidence, NOW)

    assert found.formal == (
        "The liaison lane of panmunjom is formally suspended."
        " They suspended it from 6 July 2020, 17:02, giving as reason “leaflets”."
    )
    assert found.headline == "Our call rang there, and nobody answered."
    assert "Whether the suspension is why; the record does not say so." in found.cannot_know


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "formally open: no suspension is in force"),
        ({"opened_s": NOW_S - 60}, "formally open: both restored it, effective 17:01"),
        ({"formal": "suspended", "cuts": (Cut(True, NOW_S - 60),)}, "We suspended it from 17:01, giving no reason."),
        ({"formal": "suspended", "offers": (Offer(False, NOW_S + 60),)}, "Their proposal to restore it at 17:03 waits"),
        ({"formal": "suspended", "offers": (Offer(True, NOW_S + 60),)}, "waits for their answer; it changes nothing"),
        ({"formal": "suspended", "offers": (Offer(True, NOW_S + 60, True),)}, "accepted and waits for our"),
        ({"formal": "restoring", "cuts": (Cut(False, 0, "", NOW_S + 60),)}, "both agreed to open it at 17:03"),
        ({"formal": "expired", "expires_s": NOW_S - 60}, "formally expired since 17:01"),
        ({"formal": "disputed"}, "holds a fault that both have not settled"),
        ({"formal": ""}, "this side holds no record"),
    ],
)
def test_the_formal_state_is_told_with_what_it_rests_on(change, expected):
    """Whose act, since when, for what reason as given, and what waits for whom."""
    assert expected in explain(replace(WELL, **change), NOW).formal


@pytest.mark.parametrize(
    ("ago_s", "expected"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7_199, "119 min"), (7_200, "2 h"),
                            (172_799, "47 h"), (172_800, "2 days"), (86_400 * 1_000, "1,000 days")],
)  # fmt: skip
def test_an_age_is_told_in_one_unit(ago_s, expected):
    """An age is rounded down, so nothing is told as older than it is."""
    evidence = replace(DEAD, pulse_ms=1, heard_by_carrier={"copper": NOW - ago_s * SECOND})

    assert f"last pulse on this line {expected} ago, by copper" in " ".join(sentences(explain(evidence, NOW)))


def test_what_others_wrote_cannot_steer_a_terminal():
    """A reason of theirs is quoted on one line, without escapes, and cut short where it is long."""
    cut = Cut(ours=False, from_s=NOW_S, reason="\x1b[2Jgone\n" + "x" * 500)
    said = explain(replace(WELL, formal="suspended", cuts=(cut,)), NOW).formal

    assert said.isprintable()
    assert "x…”" in said
    assert len(said) < 400


def test_a_public_statement_proves_nothing_here():
    """What our officer noted is quoted as something that may or may not explain it, never as evidence for it."""
    evidence = replace(VERDICTS[Observed.RANG_UNANSWERED][0], statements=("KCNA, 10 August: “we have warned”",))
    found = explain(evidence, NOW)

    assert "KCNA" in " ".join(found.cannot_know)
    assert "KCNA" not in " ".join([*found.for_, *found.against])


def gap_sentences(evidence: Evidence) -> list[str]:
    return [each for each in explain(evidence, NOW).cannot_know if "our watch" in each or "did not run" in each]


def test_a_gap_in_our_watch_since_we_last_heard_them_is_told():
    """On a silent line a gap after the newest of theirs hides what they may have tried; one before it hides nothing."""
    since_s = NOW_S - 3 * 3600
    silent = replace(WELL, heard_here=Heard(NOW - 3 * HOUR), heard_by_carrier={"copper": NOW - 3 * HOUR},
                     heard_lines={}, heard_carriers={"copper": NOW - 3 * HOUR})  # fmt: skip
    before, after = Gap(since_s - 900, since_s - 300), Gap(since_s + 600, since_s + 1200)

    assert gap_sentences(replace(silent, gaps=(before,))) == []
    assert gap_sentences(replace(silent, gaps=(before, after))) == [
        "Whether they tried to reach us meanwhile: nobody held our watch between 14:12 and 14:22."
    ]
    assert gap_sentences(replace(silent, gaps=(Gap(since_s + 600, None, down=False),))) == [
        "Whether they tried to reach us meanwhile: nobody held our watch since 14:12."
    ]
    assert gap_sentences(replace(silent, gaps=(replace(after, down=True),))) == [
        "Whether they tried to reach us meanwhile: our station did not run between 14:12 and 14:22."
    ]


def test_a_gap_at_a_missed_check_in_is_told_on_a_line_that_is_through():
    """Where a check-in was missed while nobody was here, that is said, whatever is heard now."""
    due_s = NOW_S - 7200
    missed = replace(WELL, missed_check_in_s=due_s)

    assert gap_sentences(replace(missed, gaps=(Gap(due_s - 600, due_s + 600),))) == [
        "Who was here for the check-in due 15:02: nobody held our watch between 14:52 and 15:12."
    ]
    assert gap_sentences(replace(missed, gaps=(Gap(due_s + 61, due_s + 600), Gap(due_s - 600, due_s - 1)))) == []


def test_no_gap_changes_a_verdict():
    """A gap is told beside the verdict; every verdict is the same with it."""
    for observed, (evidence, *_) in VERDICTS.items():
        gapped = replace(evidence, gaps=(Gap(0, None), Gap(NOW_S - 9000, NOW_S - 60, down=True)))
        assert explain(gapped, NOW).observed == observed


# ---- every evidence


NEVER = re.compile(r"refus|ignor|hostil|percent|per cent|%|probab|likely", re.IGNORECASE)
QUOTED = re.compile("“[^”]*”")
CUT = re.compile(r"\bcut\b", re.IGNORECASE)


@given(EVIDENCE)
def test_no_evidence_makes_it_say_what_nobody_can_know(evidence):
    """Never refused, ignored or hostile, never a percentage; cut is said of our own network alone."""
    said = [QUOTED.sub("", sentence) for sentence in sentences(explain(evidence, NOW))]

    assert not [sentence for sentence in said if NEVER.search(sentence)]
    assert [s for s in said if CUT.search(s)] == [s for s in said if s.startswith("Our own network is cut:")]


@given(EVIDENCE)
def test_an_explanation_is_whole_sentences_about_the_one_verdict(evidence):
    """The verdict is `silence.verdict`'s; something speaks for it; something stays unknown; nothing is said twice."""
    found = explain(evidence, NOW)

    assert found.observed is verdict(evidence, NOW)
    assert found.for_
    assert found.cannot_know
    lists = [*found.for_, *found.against, *found.cannot_know]
    assert len(lists) == len(set(lists))
    whole = re.compile(r"[A-Z0-9]([^ ]| (?! ))*\.")
    assert [s for s in sentences(found) if not (whole.fullmatch(s) and s.isprintable())] == []


@given(EVIDENCE, st.sampled_from([Outcome.RANG_UNANSWERED, Outcome.DECLINED, Outcome.DEFERRED, Outcome.NOT_RUNG]))
def test_one_missed_call_is_never_told_without_its_weight(evidence, outcome):
    """Where one call of ours was missed, and no run of calls, the officer is told how little that proves."""
    evidence = replace(evidence, demand=Demand("call", NOW_S, outcome=outcome), history=History(in_a_row=1))
    found = explain(evidence, NOW)
    told = [s for s in chain(found.for_, found.against) if s.startswith("Our call ")]

    assert not told or any("proves almost nothing" in sentence for sentence in found.against)
