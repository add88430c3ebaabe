"""Running the JavaScript verifier."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "spec/vectors"
NODE = ROOT / "tools/node"
VERIFIER = ROOT / "verifier"


@cache
def _missing() -> bool:
    return subprocess.run([NODE, "--version"], capture_output=True, check=False).returncode != 0


def verify(*words: str | Path, given: str = "", code: int = 0) -> str:
    """What the verifier prints, once it has exited with `code`. Skips where there is no Node.js 20 or newer."""
    if _missing():
        pytest.skip("no Node.js 20 or newer here; `make setup` brings one")
    assert (VERIFIER / "node_modules").is_dir(), "the verifier's packages are not installed: make setup"
    command = [NODE, VERIFIER / "verify.mjs", *words]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout


def verdicts(folder: Path = VECTORS, *, code: int = 0) -> dict[str, Any]:
    """Its verdicts on every vector of a folder, as JSON."""
    found: dict[str, Any] = json.loads(verify(folder, "--json", code=code))
    return found
