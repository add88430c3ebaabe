"""`openline explain`: from a scenario or a file of evidence, the same explanation; and what is wrong with others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from openline.cli.main import cli
from openline.core.explain import explain
from openline.station import evidence as files
from openline.wire.errors import Misuse
from tests.unit.cli.scenarios import ABSENT, CARRIER_DOWN, DESTROYED, HEAD, LATER, UNANSWERED
from tests.unit.core.evidences import EVIDENCE, NOW, WELL

SEEN = ("--side", "south", "--line", "panmunjom")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["explain", *map(str, words)])


@pytest.fixture
def scenario(tmp_path: Path) -> Any:
    """Writes a scenario of these parts, and gives its path."""

    def write(*parts: str) -> Path:
        path = tmp_path / "day.toml"
        path.write_text("".join((HEAD, *parts)))
        return path

    return write


@pytest.mark.parametrize(
    ("parts", "code", "words"),
    [
        ((ABSENT, UNANSWERED), 0, "rang_unanswered. Our call rang there, and nobody answered."),
        ((LATER,), 0, "through. Through: we hear their station"),
        ((CARRIER_DOWN, LATER), 4, "path_down. They are alive, and this line does not carry"),
        ((DESTROYED, LATER), 4, "not_watching. We are not watching"),
    ],
)
def test_a_scenario_is_explained_at_its_end(scenario, parts, code, words):
    """What the side sees when the last step is reached; 4 where nothing of theirs gets through."""
    result = run(scenario(*parts), *SEEN)

    assert words in " ".join(result.stdout.split())
    assert result.exit_code == code


def test_it_explains_the_instant_that_is_asked_for(scenario):
    """--at is in the scenario's zone unless it names an offset, and what comes later is not yet seen."""
    path = scenario(ABSENT, UNANSWERED, LATER)

    before, same = (json.loads(run(path, *SEEN, "--json", "--at", at).stdout) for at in
                    ("2020-06-08T08:54", "2020-06-07T23:54Z"))
    after = json.loads(run(path, *SEEN, "--json", "--at", "2020-06-08T09:05").stdout)

    assert before == same
    assert (before["observed"], after["observed"]) == ("through", "rang_unanswered")


def test_plain_in_a_pipe(scenario):
    """Where no person looks on there is no escape, and no row is wider than 100 columns."""
    said = run(scenario(ABSENT, UNANSWERED), *SEEN).stdout

    assert "\x1b" not in said
    assert max(map(len, said.splitlines())) <= 100
    for part in ("agreed ", "observed ", "for it ", "against it ", "cannot know ", "next "):
        assert f"\n{part}" in said


@pytest.mark.parametrize("given", ["--evidence", "--json"])
def test_evidence_goes_round(scenario, tmp_path, given):
    """The file that --evidence leaves, and what --json prints, give the same explanation without the scenario."""
    out = tmp_path / "seen.json"
    if given == "--evidence":
        first = run(scenario(CARRIER_DOWN, LATER), *SEEN, "--json", "--evidence", out)
    else:
        first = run(scenario(CARRIER_DOWN, LATER), *SEEN, "--json")
        out.write_text(first.stdout)
    second = run(out, "--json")

    assert {**json.loads(first.stdout), "side": None} == json.loads(second.stdout)
    assert first.exit_code == second.exit_code == 4


@given(EVIDENCE, st.integers(-(2**53), 2**53))
def test_evidence_is_the_same_after_its_file(evidence, now_ms):
    """Every evidence and instant come back as they were."""
    assert files.decode(json.dumps(files.encode(evidence, now_ms))) == (evidence, now_ms)


GOOD = files.encode(WELL, NOW)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON"),
        ("{}", "no evidence"),
        ('{"format": "openline/evidence/2"}', "openline/evidence/1"),
        ('{"line": 1, "line": 1}', "a name stands twice"),
        ("{" * 100_000, "no JSON"),
        (json.dumps({**GOOD, "mood": "bad"}), "there is no 'mood'"),
        (json.dumps({k: v for k, v in GOOD.items() if k != "formal"}), "formal is missing"),
        (json.dumps({k: v for k, v in GOOD.items() if k != "now_ms"}), "now_ms: a whole number"),
        (json.dumps({**GOOD, "pulse_ms": True}), "pulse_ms: a whole number"),
        (json.dumps({**GOOD, "pulse_ms": 0}), "pulse_ms: more than 0"),
        (json.dumps({**GOOD, "now_s": 2**60}), "now_s: a number up to"),
        (json.dumps({**GOOD, "now_s": 1.5}), "now_s: a whole number"),
        (json.dumps({**GOOD, "formal": "broken"}), "formal: one of (empty), disputed, expired"),
        (json.dumps({**GOOD, "lane": "fast"}), "lane: one of liaison, safety"),
        (json.dumps({**GOOD, "zone": "Mars/Olympus"}), "no time zone known here"),
        (json.dumps({**GOOD, "zone": "../../etc/passwd"}), "no time zone known here"),
        (json.dumps({**GOOD, "heard_here": [1, 2]}), "heard_here: an object"),
        (json.dumps({**GOOD, "heard_here": {"echo_ms": 1}}), "heard_here: at_ms is missing"),
        (json.dumps({**GOOD, "heard_lines": {"west": "now"}}), "heard_lines.west: a whole number"),
        (json.dumps({**GOOD, "relays": {}}), "relays: a list"),
        (json.dumps({**GOOD, "statements": [1]}), "statements[0]: text"),
        (json.dumps({**GOOD, "demand": {"what": "wish", "at_s": 1}}), "what: one of call, message"),
        (json.dumps({**GOOD, "demand": {"what": "call", "at_s": 1, "outcome": "lost"}}), "outcome: one of not_rung"),
    ],
)
def test_a_wrong_file_of_evidence_is_wrong_usage(tmp_path, text, said):
    """Exit 2, with what is wrong and where it stands; nothing is guessed."""
    path = tmp_path / "seen.json"
    path.write_text(text)
    result = run(path)

    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), JSON, max_size=4))
def test_any_evidence_is_explained_or_said_to_be_wrong(changed):
    """Whatever stands in the fields of a file: an explanation, or `Misuse`, and nothing else."""
    try:
        evidence, now_ms = files.decode(json.dumps({**GOOD, **changed}))
    except Misuse:
        return

    assert explain(evidence, now_ms).headline


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--line", "west"), "--side is needed; the scenario has north, south"),
        (("--side", "south"), "--line is needed; the scenario has panmunjom, west"),
        (("--side", "east", "--line", "west"), "--side: there is no east"),
        (("--side", "south", "--line", "none"), "--line: there is no none"),
        ((*SEEN, "--at", "noon"), "--at: noon is no time"),
        ((*SEEN, "--at", "2020-06-08T08:49"), "the scenario goes from 2020-06-08T08:50:00+09:00 to"),
        ((*SEEN, "--at", "2020-06-08T09:11"), "the scenario goes from"),
        ((*SEEN, "--at", "9999-12-31T23:59:59-23:59"), "--at: "),
    ],
)
def test_a_wrong_choice_is_wrong_usage(scenario, words, said):
    """Exit 2, with what there is to choose from."""
    result = run(scenario(LATER), *words)

    assert result.exit_code == 2
    assert said in result.stderr


def test_a_scenario_that_does_not_hold_is_not_explained(scenario):
    """An explanation of a story that went another way than it says would mislead: exit 2, with the step."""
    result = run(scenario(UNANSWERED, LATER), *SEEN)

    assert result.exit_code == 2
    assert "Step 1 (line 26 of the file) did not hold" in result.stderr
    assert "observed: expected rang_unanswered, found through" in result.stderr


@pytest.mark.parametrize("name", ["seen.json", "nowhere"])
def test_a_file_of_evidence_is_one_view(tmp_path, name):
    """A choice of side with a file of evidence, and a file that is not there, are wrong usage."""
    (tmp_path / "seen.json").write_text(json.dumps(GOOD))

    assert run(tmp_path / name, "--side", "south").exit_code == 2
