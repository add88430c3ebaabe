"""`openline play`: its exit codes, its transcript for people and for programs, and the records it leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from openline.cli.main import cli
from tests.unit.cli.scenarios import ABSENT, CARRIER_DOWN, HEAD, LATER, UNANSWERED

SUSPENDED = """
[[step]]
at = 2020-06-08T09:03:00+09:00
by = "north"
do = "suspend"
lines = ["panmunjom"]
reason = "leaflets"
"""
MESSAGE = """
[[step]]
after = "PT1M"
by = "south"
do = "message"
ref = "why"
line = "panmunjom"
text = "Why?"
"""


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["play", *map(str, words)])


@pytest.fixture
def scenario(tmp_path: Path) -> Any:
    """Writes a scenario of these parts, and gives its path."""

    def write(*parts: str) -> Path:
        path = tmp_path / "day.toml"
        path.write_text("".join((HEAD, *parts)))
        return path

    return write


def expecting(**checks: Any) -> str:
    """A last step by which the South sees something of panmunjom."""
    fields = ", ".join(f"{name} = {json.dumps(value)}" for name, value in checks.items())
    return f"\n[[step]]\nafter = \"PT5M\"\nexpect = {{ side = \"south\", {fields} }}\n"


def test_a_play_that_holds_is_told_in_order(scenario):
    """Exit 0; each step under its day and time, with its words, its source, and what happened by itself before it."""
    result = run(scenario(ABSENT, UNANSWERED))

    assert result.exit_code == 0
    assert result.stdout == """\
A short day
north and south · 2 lines · 2 carriers · 2 steps · Asia/Seoul

Monday 8 June 2020
  08:55    Nobody is there. [a newspaper]
           ▸ north: desk * absent
           ┄ in 7 min: 1 call: rang and nobody answered
  09:02    It rings out. (invented)
           ✓ south sees panmunjom: agreed open · observed rang_unanswered

All 2 steps held.
"""


def test_a_refusal_is_told_with_its_rule(scenario):
    """A refused act that the next step expects is told with the rule's own words, and the play goes on."""
    result = run(scenario(ABSENT, SUSPENDED, MESSAGE, expecting(refused=True)))

    assert result.exit_code == 0
    assert "▸ south: message why panmunjom “Why?”" in result.stdout
    assert "refused: the liaison lane of panmunjom is suspended" in result.stdout
    assert "✓ south: refused" in result.stdout


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((MESSAGE,), ["Step 4", "refused, and no expect foresaw it", "They suspended it from 09:03", "“leaflets”"]),
        (
            (expecting(line="panmunjom", formal="open"),),
            ["formal: expected open, found suspended", "giving as reason “leaflets”"],
        ),
        (
            (expecting(line="panmunjom", observed="through"),),
            ["observed: expected through, found rang_unanswered", "for: Our call for the check-in due 09:00"],
        ),
        ((expecting(alarm="none"),), ["alarm: expected none, found check_in_missed", "panmunjom: rang_unanswered."]),
        (
            (expecting(entries_min=99),),
            ["entries_min: expected 99, found 4", "south holds north 0/1 and south 0/1"],
        ),
        ((expecting(evidence="fork"),), ["evidence: expected fork, found none"]),
        (
            (expecting(record="incomplete"),),
            ["record: expected incomplete, found verifies", "VERIFIES: all 4 entries hold"],
        ),
    ],
)
def test_a_step_that_does_not_hold_says_which_what_and_why(scenario, parts, said):
    """Exit 1, with the step, its line in the file, what was found, and what is known about why."""
    result = run(scenario(ABSENT, UNANSWERED, SUSPENDED, *parts))
    told = " ".join((result.stdout + result.stderr).split())

    assert result.exit_code == 1
    for words in said:
        assert words in told


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ({"ref": "why", "receipt": "answered"}, "north's station has acknowledged it, signed"),
        ({"ref": "why", "flag": "crossed"}, "flag: expected crossed, found none"),
        ({"refused": True}, "the act before this step was carried out"),
    ],
)
def test_what_became_of_a_message_is_said(scenario, checks, said):
    """A receipt, a flag or a refusal that is not as expected: what this side holds of it is told."""
    parts = (MESSAGE.replace('after = "PT1M"', "at = 2020-06-08T09:01:00+09:00"), expecting(**checks))
    result = run(scenario(*parts))

    assert result.exit_code == 1
    assert said in " ".join(result.stdout.split())


def test_programs_are_told_the_same_every_time(scenario):
    """--json: one object; the same seed gives the same bytes; refs, times, states and counts, and no hash."""
    path = scenario(ABSENT, UNANSWERED, CARRIER_DOWN.replace("08:55", "09:05"), LATER)
    first, second = (run(path, "--json", "--seed", "7") for _ in range(2))
    told = json.loads(first.stdout)

    assert first.stdout == second.stdout
    assert told["ok"] is True
    assert [step["step"] for step in told["steps"]] == [1, 2, 3, 4]
    assert told["steps"][1]["between"] == {"calls": {"rang_unanswered": 1}, "sealed": 0}
    assert told["steps"][1]["found"] == {"formal": "open", "observed": "rang_unanswered"}
    assert told["steps"][2]["fault"] == "carrier down copper"
    assert not [word for word in first.stdout.split('"') if len(word) >= 16 and set(word) <= set("0123456789abcdef")]


def test_programs_are_told_why_it_failed(scenario):
    """--json of a play that did not hold: exit 1, the failure, and the reasons."""
    result = run(scenario(UNANSWERED, LATER), "--json")
    told = json.loads(result.stdout)

    assert result.exit_code == 1
    assert told["ok"] is False
    assert len(told["steps"]) == 1
    assert told["failure"].startswith("Step 1 (line 26 of the file) did not hold: observed: expected rang_unanswered")
    assert any("We saw their last pulse on this line" in sentence for sentence in told["why"])


def test_each_side_leaves_its_record(scenario, tmp_path):
    """--export: one file a side, and each verifies; also where the play did not hold."""
    run(scenario(ABSENT, UNANSWERED, expecting(entries_min=99)), "--export", tmp_path / "out")

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["north.openline", "south.openline"]
    for path in (tmp_path / "out").iterdir():
        assert CliRunner().invoke(cli, ["audit", str(path)]).exit_code == 0


@pytest.mark.parametrize("data", [None, b"\xff", b"[scenario]\n"])
def test_a_file_that_is_no_scenario_is_wrong_usage(tmp_path, data):
    """Exit 2 for a file that is not there, is not text, or is not a scenario."""
    path = tmp_path / "day.toml"
    if data is not None:
        path.write_bytes(data)
    result = run(path)

    assert result.exit_code == 2
    assert str(path) in result.stderr
