"""What the player says between and of steps: counts from the records, words that keep the scenario's own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
import pytest

from openline.play.engine import Player
from openline.play.loading import load
from openline.play.loading_verbs import CHECKS
from openline.play.tally import Between, Tally
from openline.play.telling import Teller, passed, phrase
from openline.wire.terms import Outcome
from tests.unit.cli.scenarios import HEAD, LATER

CALL = """
[[step]]
after = "PT1M"
by = "south"
do = "call"
line = "west"
"""
LOST = """
[[step]]
after = "PT5M"
by = "south"
do = "backup"
name = "copy"
[[step]]
after = "PT1M"
fault = "site_destroyed"
side = "south"
[[step]]
after = "PT1M"
by = "south"
do = "restore_site"
from = "copy"
"""


def tallied(folder: Path, *parts: str) -> list[Between]:
    """What happened before each step of a play."""
    player = Player(load("".join((HEAD, *parts)), "day.toml"), 1, folder)
    try:
        tally, found = Tally(player), []
        player.play(lambda outcome: found.append(tally.since()))
        return found
    finally:
        player.close()


def test_a_call_and_its_seals_are_counted_once(tmp_path):
    """A check-in that was answered, and a call outside the schedule; nothing again once it was told."""
    found = tallied(tmp_path, LATER, CALL, CALL.replace("PT1M", "PT3M"), LATER.replace("09:10", "09:20"))

    assert [between.calls for between in found] == [
        Counter({Outcome.ANSWERED: 1}), Counter(), Counter({Outcome.ANSWERED: 1}), Counter({Outcome.ANSWERED: 1}),
    ]  # fmt: skip
    assert [between.sealed for between in found] == [1, 0, 1, 1]
    assert [between.elapsed_ms for between in found] == [20 * 60_000, 60_000, 3 * 60_000, 6 * 60_000]


def test_a_record_that_comes_back_counts_nothing_again(tmp_path):
    """A site lost and restored from a copy holds the same calls; they happened once."""
    found = tallied(tmp_path, LATER, LOST, LATER.replace("09:10", "09:20"))

    assert [bool(between) for between in found] == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("calls", "sealed", "said"),
    [
        ({Outcome.RANG_UNANSWERED: 1}, 0, "7 h: 1 call: rang and nobody answered"),
        ({Outcome.RANG_UNANSWERED: 1_240}, 0, "7 h: 1,240 calls: rang and nobody answered"),
        ({Outcome.ANSWERED: 2}, 2, "7 h: 2 calls: answered, sealed by both"),
        (
            {Outcome.ANSWERED: 2, Outcome.NOT_RUNG: 1}, 2,
            "7 h: 3 calls: 2 answered, sealed by both; 1 never rang",
        ),
        ({Outcome.ANSWERED: 2}, 1, "7 h: 2 calls: answered; 1 sealed by both"),
        ({}, 1, "7 h: 0 calls: 1 sealed by both"),
    ],
)  # fmt: skip
def test_what_happened_by_itself_is_told_in_counts(calls, sealed, said):
    """How long, how many calls, what became of them, how many both sealed."""
    assert passed(Between(7 * 3_600_000, Counter(calls), sealed)) == said


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_every_check_has_its_words(name):
    """What an expectation says is told with the scenario's own value, or in words that cannot be taken otherwise."""
    value = {"entries_min": 4_900, "heads_equal": True, "refused": True}.get(name, "open")
    said = phrase(name, value, "letter-1")

    assert {"entries_min": "4,900", "heads_equal": "same heads", "refused": "refused"}.get(name, "open") in said


@pytest.mark.parametrize("columns", [60, 100, 200])
def test_no_row_is_wider_than_the_screen(tmp_path, monkeypatch, capsys, columns):
    """The transcript keeps to the terminal's width, and to a hundred columns on a wider one."""
    monkeypatch.setenv("COLUMNS", str(columns))
    text = Path("scenarios/formal-expired.toml").read_text() if columns == 60 else "".join((HEAD, LATER))
    player = Player(load(text, "day.toml"), 1, tmp_path)
    try:
        teller = Teller(player)
        teller.begin()
        player.play(teller.tell)
    finally:
        player.close()

    rows = [click.unstyle(row) for row in capsys.readouterr().out.splitlines()]
    assert max(map(len, rows)) <= min(columns, 100)
    assert any("✓" in row for row in rows)
