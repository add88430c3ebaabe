"""The import contracts of pyproject.toml hold, and each of them bites."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

# One breach for each way in which a contract could be broken: (contract, module that breaks it, the line it gains).
BREACHES = [
    ("layers", "wire/entry.py", "import openline.core.chain"),
    ("layers", "ports.py", "import openline.keys.public"),
    ("layers", "core/chain.py", "import openline.station.desk"),
    ("layers", "station/desk.py", "import openline.cli.main"),
    ("layers", "store/__init__.py", "import openline.audit"),
    ("carriers-blind", "carriers/__init__.py", "import openline.core.chain"),
    ("carriers-blind", "carriers/__init__.py", "import nacl.signing"),
    ("carriers-blind", "voice/relay.py", "import openline.keys.public"),
    ("one-crypto", "core/chain.py", "import cryptography.hazmat.primitives.hashes"),
    ("one-crypto", "cli/main.py", "import nacl"),
    ("secrets", "core/chain.py", "import openline.keys.secret"),
    ("secrets", "store/__init__.py", "import openline.keys.secret"),
    ("console-outside", "console/app.py", "import openline.keys.public"),
    ("console-outside", "console/link.py", "def later():\n    import openline.station.runner"),
    ("layers", "station/program.py", "import openline.console.app"),
    ("sans-io", "wire/entry.py", "import os"),
    ("sans-io", "core/chain.py", "def later():\n    import socket"),
    ("sans-io", "ports.py", "from time import time"),
    ("sans-io", "journey.py", "import logging"),
    ("audit-offline", "audit/__init__.py", "import http.client"),
    ("audit-offline", "audit/__init__.py", "import openline.keys.secret"),
]


def lint(directory: Path) -> tuple[dict[str, str], str]:
    """Run import-linter on the tree in `directory`: KEPT or BROKEN by contract id, and the report."""
    program = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command as c; c()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"], cwd=directory, capture_output=True, text=True, timeout=120
    )
    found = {x["id"]: re.search(re.escape(x["name"]) + " (KEPT|BROKEN)", done.stdout) for x in CONTRACTS}
    return {name: match[1] for name, match in found.items() if match}, done.stdout + done.stderr


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the source, to break."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold():
    """Layers point one way; carriers are blind; one package calls cryptography; core and audit keep apart."""
    verdicts, report = lint(ROOT)

    assert verdicts == {x["id"]: "KEPT" for x in CONTRACTS}, report


@pytest.mark.parametrize("contract", [x["id"] for x in CONTRACTS])
def test_each_contract_is_broken_by_every_breach_of_it(tree, contract):
    """A breach of the contract, even one inside a function, is caught: alone, so that none hides behind another."""
    breaches = [(module, line) for broken, module, line in BREACHES if broken == contract]
    assert breaches

    for module, line in breaches:
        path = tree / "src/openline" / module
        original = path.read_text()
        path.write_text(f"{original}\n{line}\n")
        verdicts, report = lint(tree)
        path.write_text(original)

        assert verdicts.get(contract) == "BROKEN", f"{module} gained `{line}` unnoticed:\n{report}"


def test_a_package_without_a_layer_is_caught(tree):
    """A new package has to be given its place in the layers."""
    (tree / "src/openline/extra").mkdir()
    (tree / "src/openline/extra/__init__.py").write_text("")
    verdicts, report = lint(tree)

    assert verdicts.get("layers") == "BROKEN", report
