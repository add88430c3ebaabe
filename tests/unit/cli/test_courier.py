"""`openline courier`: what a person with a stick, a printer or a camera is told, and the exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from openline.carriers import load_file, qr
from openline.carriers.courier import read_load, write_load
from openline.cli.main import cli
from openline.wire import limits
from tests.unit.carriers.loads import bundles

SMALL = bundles(3)


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, ["courier", *map(str, words)])


def facts(*words: object, code: int = 0) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A stick with one small load, and somebody's photograph."""
    write_load(tmp_path / "stick", SMALL)
    (tmp_path / "stick/holiday.jpg").write_bytes(b"\xff\xd8")
    return tmp_path / "stick"


# --- check


def test_a_whole_load(stick: Path) -> None:
    """Its files and bundles, and that it is whole: exit 0."""
    result = run("check", stick)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert "1 of 1 file, 3 bundles, " in lines[0]
    assert lines[1:] == ["1 other thing in the folder, not looked at", "whole: 3 bundles to import"]
    plain = facts("check", stick)
    assert (plain["whole"], plain["bundles"], plain["findings"], plain["others"]) == (True, 3, [], 1)


def test_a_load_that_lacks_a_file(tmp_path: Path) -> None:
    """The missing file is named by its number: exit 5."""
    write_load(tmp_path, bundles(9, size=limits.BUNDLE_BYTES_MAX))
    next(x for x in tmp_path.iterdir() if load_file.decode(x.read_bytes()).place == 1).unlink()
    result = run("check", tmp_path)
    assert result.exit_code == 5
    assert "missing: file 2 of 3" in result.stdout
    assert "6 bundles to import all the same" in result.stdout
    assert facts("check", tmp_path, code=5)["loads"][0]["missing"] == [2]


def test_damage_is_named_without_the_names_controls(stick: Path) -> None:
    """A stranger's file names cannot move the cursor, and bytes that are no text stop nothing: exit 5."""
    (stick / "\x1b[2Jx\ny.load").write_bytes(b"x")
    stranger = stick / "\udcff.load"
    stranger.write_bytes(b"x")
    result = run("check", stick)
    assert result.exit_code == 5
    assert "\x1b" not in result.stdout
    assert "\ufffd[2Jx\ufffdy.load: not a load file" in result.stdout
    assert {x["name"] for x in facts("check", stick, code=5)["findings"]} == {"\ufffd[2Jx\ufffdy.load", "?.load"}


def test_many_findings_are_counted(stick: Path) -> None:
    """A screen shows twenty; the rest is a number, and all of them are there for programs."""
    for number in range(50):
        (stick / f"{number}.load").write_bytes(b"")
    result = run("check", stick)
    assert result.stdout.count("not a load file") == 20
    assert "and 30 more" in result.stdout
    assert len(facts("check", stick, code=5)["findings"]) == 50


def test_a_stick_full_of_junk_hides_no_load_of_ours(stick: Path) -> None:
    """What somebody can mend, a renamed load file, stands before a hundred files that never were loads."""
    next(stick.glob("*.load")).rename(stick / "zzz.load")
    for number in range(100):
        (stick / f"junk{number}.load").write_bytes(b"junk")
    lines = run("check", stick).stdout.splitlines()
    renamed = next(n for n, line in enumerate(lines) if line.startswith("zzz.load"))
    assert renamed < next(n for n, line in enumerate(lines) if line.startswith("junk"))


def test_a_copy_that_was_cut_short(tmp_path: Path) -> None:
    """Only an unfinished file is there: that is said, exit 5."""
    (tmp_path / "00.load.part").write_bytes(b"")
    result = run("check", tmp_path)
    assert (result.exit_code, "cut short" in result.stdout) == (5, True)


def test_a_folder_without_a_load(tmp_path: Path) -> None:
    """An empty or missing folder is a wrong name: exit 2."""
    assert run("check", tmp_path).exit_code == 2
    assert "no load here" in run("check", tmp_path).stderr
    assert run("check", tmp_path / "none").exit_code == 2
    assert run("check").exit_code == 2


def test_a_check_needs_no_station_and_no_secret(stick: Path) -> None:
    """A third machine checks a stick: nothing that holds secrets, no store and no image library is imported for it."""
    program = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from openline.cli.main import cli\n"
        f"assert CliRunner().invoke(cli, ['courier', 'check', {str(stick)!r}]).exit_code == 0\n"
        "print(*sorted(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"sqlalchemy", "PIL", "numpy", "zxingcpp", "segno", "openline.station", "openline.keys.secret"}


# --- copy


def test_a_copy_goes_on_where_it_stopped(stick: Path, tmp_path: Path) -> None:
    """What is there whole is left, what is damaged is replaced, and nothing but loads is copied: exit 0."""
    write_load(stick, bundles(9, size=limits.BUNDLE_BYTES_MAX))
    assert run("copy", stick, tmp_path / "other").exit_code == 0
    copied = sorted((tmp_path / "other").iterdir())
    copied[0].write_bytes(b"damaged")
    copied[1].unlink()
    again = facts("copy", stick, tmp_path / "other")
    assert (again["files"], again["kept"], again["whole"]) == (4, 2, True)
    assert sorted(read_load(tmp_path / "other").bundles()) == sorted(read_load(stick).bundles())
    assert sorted((tmp_path / "other").iterdir()) == copied


def test_what_is_damaged_is_not_copied(stick: Path, tmp_path: Path) -> None:
    """It is named, and the rest is there: exit 5."""
    (stick / "damaged.load").write_bytes(b"")
    result = run("copy", stick, tmp_path / "other")
    assert (result.exit_code, "damaged.load: not a load file" in result.stdout) == (5, True)
    assert "1 file in" in result.stdout
    assert read_load(tmp_path / "other").whole


# --- qr and scan


def test_to_paper_and_back(stick: Path, tmp_path: Path) -> None:
    """Pictures and a sheet are made; photographs of them give a folder with the same load."""
    made = facts("qr", stick, "--out", tmp_path / "paper")
    assert (made["codes"], made["load_files"], len(made["made"])) == (5, 1, 11)
    assert "2 of 5" in (tmp_path / "paper/sheet.html").read_text()
    images = sorted((tmp_path / "paper").glob("*.png"))
    result = run("scan", *images, "--out", tmp_path / "read")
    assert result.exit_code == 0
    assert result.stdout == f"1 load file in {tmp_path / 'read'}, from 5 codes\n"
    assert list(read_load(tmp_path / "read").bundles()) == SMALL
    again = facts("scan", *images, "--out", tmp_path / "read")
    assert again["files"] == [x.name for x in (tmp_path / "read").iterdir()]


def test_a_photograph_is_missing(stick: Path, tmp_path: Path) -> None:
    """The number of the code is told; nothing is made: exit 5."""
    assert run("qr", stick, "--out", tmp_path / "paper").exit_code == 0
    images = sorted((tmp_path / "paper").glob("*.png"))
    result = run("scan", *images[:3], *images[4:], "--out", tmp_path / "read")
    assert result.exit_code == 5
    assert "4 of 5 codes read; of 5 codes these are missing: 4" in result.stdout
    assert not (tmp_path / "read").exists()
    assert facts("scan", *images[1:], "--out", tmp_path / "read", code=5)["incomplete"][0]["read"] == 4


def test_an_image_that_is_none(tmp_path: Path) -> None:
    """It is named, and nothing whole was found: exit 5; a file that is not there: exit 2."""
    (tmp_path / "x.png").write_bytes(b"x")
    result = run("scan", tmp_path / "x.png", "--out", tmp_path / "read")
    assert (result.exit_code, "x.png: not a PNG or JPEG image that can be read\n" in result.stdout) == (5, True)
    assert run("scan", tmp_path / "none.png", "--out", tmp_path / "read").exit_code == 2
    assert run("scan", "--out", tmp_path / "read").exit_code == 2


def test_a_strangers_code(stick: Path, tmp_path: Path) -> None:
    """It is counted, and changes nothing."""
    (tmp_path / "x.png").write_bytes(qr.png(b"https://example.org"))
    assert "passed over: 1 code of somebody else" in run("scan", tmp_path / "x.png", "--out", tmp_path / "read").stdout


def test_codes_are_shown_in_the_terminal(stick: Path) -> None:
    """Each with its number beneath it."""
    result = run("qr", stick, "--show")
    assert result.exit_code == 0
    assert [line[7:] for line in result.stdout.splitlines() if " of 5" in line] == [f"{n} of 5" for n in range(1, 6)]
    assert "█" in result.stdout


def test_what_is_not_whole_is_not_printed(stick: Path, tmp_path: Path) -> None:
    """Paper is not spent on a load that is damaged: exit 5."""
    (stick / "damaged.load").write_bytes(b"")
    result = run("qr", stick, "--out", tmp_path / "paper")
    assert (result.exit_code, "courier check" in result.stderr) == (5, True)


def test_what_is_too_much_for_paper(tmp_path: Path) -> None:
    """A large load, one file or several, goes on a stick: exit 2, before anything is made."""
    write_load(tmp_path / "large", bundles(1, size=500_000))
    for seed in range(3):
        write_load(tmp_path / "many", bundles(1, size=100_000, seed=seed))
    for name in ("large", "many"):
        result = run("qr", tmp_path / name, "--out", tmp_path / "paper")
        assert (result.exit_code, "256 are the most" in result.stderr) == (2, True)
    assert not (tmp_path / "paper").exists()


def test_wrong_usage_of_qr(stick: Path, tmp_path: Path) -> None:
    """Nothing to do, shown to a program, a folder that cannot be, pictures that are there: exit 2."""
    (tmp_path / "file").write_bytes(b"")
    assert run("qr", stick).exit_code == 2
    assert run("qr", stick, "--show", "--json").exit_code == 2
    assert run("qr", stick, "--out", tmp_path / "file").exit_code == 2
    assert run("qr", stick, "--out", tmp_path / "paper").exit_code == 0
    before = {x: x.stat().st_mtime_ns for x in (tmp_path / "paper").iterdir()}
    result = run("qr", stick, "--out", tmp_path / "paper")
    assert (result.exit_code, "is there already" in result.stderr) == (2, True)
    assert {x: x.stat().st_mtime_ns for x in (tmp_path / "paper").iterdir()} == before
