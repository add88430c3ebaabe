"""The wrong order of the journey does not type-check: the same checker as in `make lint` refuses it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ORDERS = Path(__file__).parent / "orders.py"
WRONG = "# does not type-check"


@pytest.mark.slow
def test_only_the_wrong_orders_fail():
    """Recording an unreleased draft, releasing twice, sealing what is not recorded: each line is an error of type,
    and no other line of the file is."""
    expected = [n for n, line in enumerate(ORDERS.read_text().splitlines(), 1) if line.endswith(WRONG)]

    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(ORDERS)],
        cwd=ROOT, env={"MYPYPATH": "src", "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    errors = re.findall(r"^.*orders\.py:(\d+): error: .*\[(\S+)\]$", ran.stdout, re.MULTILINE)
    assert [int(line) for line, _ in errors] == expected, ran.stdout + ran.stderr
    assert {code for _, code in errors} == {"arg-type"}
    assert len(expected) == 7
