"""A short run of every fuzzer (`make fuzz` is the long one): any bytes give a value, or a fault of their maker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SOAK
from tests.soaking import Counted

HARNESSES = sorted(Path(__file__).parent.glob("fuzz_*.py"))
SLOW = {"fuzz_export", "fuzz_station"}  # these run whole programs on each input


def run(harness: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(harness), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)


def test_every_decoder_has_its_fuzzer() -> None:
    """None of the formats that a stranger's bytes are read as is left out."""
    assert {x.stem.removeprefix("fuzz_") for x in HARNESSES} == {
        "accord", "bodies", "bundle", "cbor", "courier", "entry", "export", "letter", "note", "payload", "relay",
        "station",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("harness", HARNESSES, ids=lambda path: path.stem)
def test_any_bytes_give_a_value_or_a_fault(harness: Path, counted: Counted) -> None:
    """No input grown from valid samples makes a decoder raise anything but a fault of the peer or the carrier."""
    count = (750 if harness.stem in SLOW else 5_000) * (40 if SOAK else 1)
    done = run(harness, f"-runs={count}", "-seed=1")
    said = done.stdout + done.stderr
    print(said[-2_000:])
    assert done.returncode == 0, said[-8_000:]
    assert f"Done {count} runs" in said or f"{count} inputs grown blindly" in said
    counted(count, "inputs to decoders")


def test_a_decoder_that_raises_something_else_is_found(tmp_path: Path) -> None:
    """The harness itself bites: a decoder that fails on a few inputs is stopped at."""
    bad = tmp_path / "fuzz_bad.py"
    bad.write_text(
        f"import sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from harness import fuzz\n"
        "def decode(data):\n    return 1 // (len(data) % 7)\n"
        "fuzz(decode, [b'12345'])\n"
    )
    assert run(bad, "-runs=5000", "-seed=1", f"-artifact_prefix={tmp_path}/").returncode != 0


def test_without_atheris_the_samples_are_changed_blindly(tmp_path: Path) -> None:
    """Where there is no atheris for this Python the same scripts run, and say that they do less."""
    (tmp_path / "atheris.py").write_text("raise ImportError\n")
    for name in ("cbor", "entry"):
        script = f"import runpy, sys; sys.path[:0] = [{str(tmp_path)!r}, {str(Path(__file__).parent)!r}]; "
        script += f"sys.argv = ['x', '-runs=500']; runpy.run_path({str(HARNESSES[0].parent)!r} + '/fuzz_{name}.py', "
        script += "run_name='__main__')"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        assert "no atheris for this Python: 500 inputs" in done.stdout
