"""`openline demo`: the story held, its record proved and then broken; and what it says where something did not hold."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from openline.cli import demo as demos
from openline.cli.main import cli


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """The demo, run once, and the folder that its records are in, where files of an earlier demo lie."""
    into = tmp_path_factory.mktemp("demo") / "records"
    into.mkdir()
    for name in ("letter.age", "chairman.key", "north.openline"):
        (into / name).write_bytes(b"of another time")
    return CliRunner().invoke(cli, ["demo", "--export", str(into)]), into


@pytest.mark.slow
def test_all_of_it_holds(shown):
    """Exit 0: the story's expectations, the chart, the explanation, the audits, the comparison, the break."""
    result, _ = shown
    said = result.stdout

    assert result.exit_code == 0, said[-2_000:]
    parts = [
        "27 July 2021: the lines between two Koreas",
        "All 61 steps held.",
        "agreed    ━ open",
        "rang_unanswered. Our call rang there, and nobody answered.",
        "The heads agree: both hold the same record.",
        "the reason “leaflets” has become “meaflets”",
        "DOES NOT VERIFY: it breaks at north 0/",
        "signed, or to be signed, by north's station, key",
        "openline record show",
        "All of it held",
    ]
    places = [said.index(part) for part in parts]
    assert places == sorted(places)
    assert said.count("VERIFIES: all 4,9") == 2


@pytest.mark.slow
def test_it_is_plain_in_a_pipe(shown):
    """No escape, and no row wider than a hundred columns but a path that is longer itself."""
    result, into = shown

    assert "\x1b" not in result.stdout
    assert [row for row in result.stdout.splitlines() if len(row) > 100 and str(into) not in row] == []


@pytest.mark.slow
def test_the_records_it_leaves_are_what_it_says(shown):
    """Both verify when audited again, from the printed digits too; the altered copy does not, by exactly one byte."""
    result, into = shown
    digits = result.stdout.split("aloud at the table:\n")[1].split("\n\n")[0]
    whole, altered = ((into / name).read_bytes() for name in ("south.openline", "south-altered.openline"))

    for name, code in (("north", 0), ("south", 0), ("south-altered", 5)):
        audit = CliRunner().invoke(cli, ["audit", str(into / f"{name}.openline"), "--accord", " ".join(digits.split())])
        assert audit.exit_code == code
    assert len(whole) == len(altered)
    assert sum(a != b for a, b in zip(whole, altered, strict=True)) == 1


@pytest.mark.slow
def test_what_is_worth_trying_works(shown):
    """Each of the five commands does what stands above it, with the exit code that belongs to it."""
    result, _ = shown
    rows = result.stdout.split("── Worth trying")[1].replace("\\\n", " ").splitlines()
    commands = [shlex.split(row.split("openline ", 1)[1]) for row in rows if "openline " in row and "#" not in row]

    answers = {words[0]: CliRunner().invoke(cli, words) for words in commands}

    assert {verb: answer.exit_code for verb, answer in answers.items()} == {
        "record": 0, "audit": 5, "explain": 4, "letter": 0, "accord": 0,
    }  # fmt: skip
    assert "leaflets" in answers["record"].stdout
    assert "agreed_not_through" in answers["explain"].stdout
    assert "a letter; its text is between the two of them" in answers["letter"].stdout


@pytest.mark.slow
def test_it_replaces_what_an_earlier_demo_left(shown):
    """The sealed letter is this play's, and the key that opens it is its owner's alone."""
    _, into = shown

    assert (into / "letter.age").read_bytes().startswith(b"age-encryption.org/v1")
    assert (into / "chairman.key").read_text().startswith("AGE-SECRET-KEY-PQ-1")
    assert (into / "chairman.key").stat().st_mode & 0o077 == 0


def test_a_story_that_does_not_hold_is_not_proved(tmp_path, monkeypatch):
    """Exit 1 at the step that did not hold, and why; no record is left, audited or broken."""
    text = demos.story().read_text().replace('formal = "open", observed = "through"', 'formal = "suspended"', 1)
    (tmp_path / "story.toml").write_text(text)
    monkeypatch.setattr(demos, "story", lambda: tmp_path / "story.toml")

    result = CliRunner().invoke(cli, ["demo", "--export", str(tmp_path / "records")])

    assert result.exit_code == 1
    told = " ".join(result.stdout.split())  # where a line breaks depends on how long the folder is named
    assert "formal: expected suspended, found open" in told
    assert "no suspension is in force" in told
    assert "Not all of it held" in result.stdout
    assert not (tmp_path / "records").exists()


def test_the_story_is_found_in_an_installed_package_too(tmp_path, monkeypatch):
    """Where there is no source tree, the package's own copy is played; where there is neither, it says so."""
    package = tmp_path / "site" / "openline"
    (package / "cli").mkdir(parents=True)
    monkeypatch.setattr(demos, "__file__", str(package / "cli" / "demo.py"))

    with pytest.raises(demos.Misuse, match="is not installed"):
        demos.story()
    (package / "scenarios").mkdir()
    (package / "scenarios" / demos.STORY).touch()
    assert demos.story() == package / "scenarios" / demos.STORY
