"""The scenarios of the repository: each claim holds, and together they touch everything a scenario can say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from openline.cli.main import cli
from openline.core.silence import Observed
from openline.core.state import Formal
from openline.play.engine import Outcome, Player
from openline.play.loading import load
from openline.play.loading_verbs import FAULTS, VERBS
from openline.play.scenario import Do, Expect, FaultStep, Scenario
from openline.play.telling import failure

FOLDER = Path(__file__).parent.parent.parent / "scenarios"
FILES = sorted(FOLDER.glob("*.toml"))


def read(path: Path) -> Scenario:
    return load(path.read_text(encoding="utf-8"), path.name)


def played(scenario: Scenario, folder: Path, seed: int = 1) -> list[Outcome]:
    player = Player(scenario, seed, folder)
    try:
        return player.play()
    finally:
        player.close()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_claim_holds(path: Path, tmp_path: Path) -> None:
    """Every expectation of the file holds, on two whole stations with real keys, stores and seals."""
    scenario = read(path)

    outcomes = played(scenario, tmp_path)

    assert [failure(scenario, outcome) for outcome in outcomes if not outcome.ok] == []
    assert len(outcomes) == len(scenario.steps)


def test_together_they_touch_everything_that_a_scenario_can_say() -> None:
    """Every verb, every fault, every formal and observed state stands in some file."""
    actions = [step.action for path in FILES for step in read(path).steps]
    checks = [check for action in actions if isinstance(action, Expect) for check in action.checks]

    assert {action.verb for action in actions if isinstance(action, Do)} == set(VERBS)
    assert {action.kind for action in actions if isinstance(action, FaultStep)} == set(FAULTS)
    assert {value for name, value in checks if name == "formal"} == {state.value for state in Formal}
    assert {value for name, value in checks if name == "observed"} == {verdict.value for verdict in Observed}


def test_the_same_seed_tells_the_same_story(tmp_path: Path) -> None:
    """The transcript holds no hash and no chance of its own: twice the same, to the letter."""
    path = str(FOLDER / "document-lossy.toml")

    first, second = (CliRunner().invoke(cli, ["play", path, "--json", "--seed", "7"]) for _ in range(2))

    assert first.exit_code == 0
    assert first.output == second.output
    assert json.loads(first.output)["ok"] is True


def test_a_claim_that_does_not_hold_is_exit_1_and_says_which(tmp_path: Path) -> None:
    """The first expectation that fails is named, with what was found."""
    text = (FOLDER / "observed-through.toml").read_text().replace('observed = "through"', 'observed = "declined"')
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text)

    result = CliRunner().invoke(cli, ["play", str(wrong)])

    assert result.exit_code == 1
    assert "declined" in result.output
    assert "through" in result.output


def test_a_refusal_that_nothing_foresaw_is_exit_1(tmp_path: Path) -> None:
    """A refused act ends the play with the rule's words."""
    text = (FOLDER / "observed-through.toml").read_text()
    text += '\n[[step]]\nafter = "PT1M"\nby = "north"\ndo = "courier"\n'
    wrong = tmp_path / "refused.toml"
    wrong.write_text(text.replace('[[carrier]]\nid = "stick"\nkind = "courier"\n', ""))

    result = CliRunner().invoke(cli, ["play", str(wrong)])

    assert result.exit_code == 1
    assert "names no courier" in result.output


def test_the_records_are_left_one_file_a_side_and_verify(tmp_path: Path) -> None:
    """`--export` leaves what any station would export; the audit of each is exit 0."""
    into = tmp_path / "records"
    CliRunner().invoke(cli, ["play", str(FOLDER / "site-peer.toml"), "--export", str(into)])

    assert sorted(path.name for path in into.iterdir()) == ["north.openline", "south.openline"]
    for path in into.iterdir():
        assert CliRunner().invoke(cli, ["audit", str(path)]).exit_code == 0
