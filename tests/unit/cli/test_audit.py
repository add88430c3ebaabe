"""`openline audit`: 0 only where the record verifies, 5 for whatever is wrong with it, 2 for a wrong file or flag."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from openline.cli import audit as cli_audit
from openline.cli.main import cli
from openline.wire import accord as accords
from tests.unit.audit.build import message, small, whole, whole_export

DIGITS = accords.digits(small().made.id)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["audit", *map(str, arguments)])


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "north.openline"
    path.write_bytes(whole_export())
    return path


def test_a_sound_record(export):
    """Exit code 0 and the verdict first."""
    result = run(export)

    assert (result.exit_code, result.stdout.split(":")[0]) == (0, "VERIFIES")


@pytest.mark.parametrize("digits", [DIGITS, DIGITS.replace(" ", ""), DIGITS.replace(" ", "-")])
def test_digits_however_typed(export, digits):
    """The digits of the accord with spaces, without, or with hyphens."""
    assert "anchored: they are" in run(export, "--accord", digits).stdout


def test_digits_of_another_accord(export):
    """Well-formed digits of another accord: the content does not verify, 5."""
    assert run(export, "--accord", "0" * 60).exit_code == 5


@pytest.mark.parametrize("digits", ["", "123", "x" * 60, "1" * 61, "٣" * 60])
def test_what_is_no_digits(export, digits):
    """Anything else than 60 digits is a wrong flag, 2."""
    assert run(export, "--accord", digits).exit_code == 2


def test_damage(export):
    """One flipped byte: 5, the entry is named, nothing is a traceback."""
    data = bytearray(export.read_bytes())
    data[-5000] ^= 1
    export.write_bytes(data)
    result = run(export)

    assert result.exit_code == 5
    assert result.stdout.startswith("DOES NOT VERIFY: it breaks at south 1/0")
    assert result.stderr == ""


def test_an_incomplete_record(tmp_path):
    """No fault, but named entries absent: not verified either, 5."""
    book = small()
    lost = message(book, 0)
    message(book, 1)
    book.chains[0].remove(lost)
    path = tmp_path / "south.openline"
    path.write_bytes(book.export(1))
    result = run(path)

    assert (result.exit_code, result.stdout.split(":")[0]) == (5, "INCOMPLETE")


@pytest.mark.parametrize("data", [b"", b"\0", b"{}", whole_export()[:100]])
def test_any_other_file(tmp_path, data):
    """A file that is no export, empty or cut short is wrong content, 5."""
    path = tmp_path / "other"
    path.write_bytes(data)

    assert run(path).exit_code == 5


def test_a_missing_file_and_a_bad_flag(tmp_path, export):
    """No file, a directory, no argument, an unknown flag: 2."""
    assert run(tmp_path / "none").exit_code == 2
    assert run(tmp_path).exit_code == 2
    assert run().exit_code == 2
    assert run(export, "--fast").exit_code == 2


def test_a_file_that_cannot_be_opened(export, monkeypatch):
    """A file that is there and cannot be opened is misuse, with its name."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    result = run(export)

    assert (result.exit_code, "Permission denied" in result.stderr) == (2, True)


def test_json(export):
    """The whole verdict as one object, sound or not."""
    plain = json.loads(run(export, "--json").stdout)
    assert (plain["verdict"], plain["entries"], plain["accord"]["digits"]) == ("verifies", 34, DIGITS)
    export.write_bytes(export.read_bytes()[:-1])
    result = run(export, "--json")
    broken = json.loads(result.stdout)
    assert (result.exit_code, broken["verdict"]) == (5, "does not verify")
    assert {"code", "what", "place", "offset", "signer", "count", "repaired"} == set(broken["breaks"][0])


def test_a_bar_only_where_a_person_looks_on(export, monkeypatch):
    """On a terminal a bar runs on stderr; elsewhere nothing is written there."""
    with cli_audit.progress_bar("auditing", 10) as progress:
        progress(5)
    assert run(export).stderr == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with cli_audit.progress_bar("auditing", 10) as progress:
        progress(10)


def test_both_exports_of_one_record(tmp_path):
    """What north exports and what south exports verify alike."""
    book = whole()
    for side in (0, 1):
        path = tmp_path / str(side)
        path.write_bytes(book.export(side))
        assert run(path, "--accord", DIGITS).exit_code == 0
