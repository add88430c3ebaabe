"""Passphrases, where nobody can be asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.kit import Kit, kit


@pytest.fixture
def at(tmp_path: Path) -> Kit:
    return kit(tmp_path)


def test_without_a_terminal_a_passphrase_is_refused_with_what_to_give(at: Kit) -> None:
    """Under a service manager there is nobody to ask: one sentence, what to do, and no warning of the language's."""
    done = subprocess.run(
        [sys.executable, "-m", "openline", "key", "show", str(at.at / "chairman.key")],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("openline: a passphrase is needed for ")
    assert "--passphrase-file" in done.stderr
    assert "getpass" not in done.stderr
    assert "Aborted" not in done.stderr


def test_a_file_that_may_not_be_read_is_told_from_one_that_is_not_there(at: Kit, monkeypatch) -> None:
    """The name is right; who may read it is what is to be looked at."""

    def forbidden(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    assert "Check the name" in at.run("accord", "show", "{}/nothing").stderr
    monkeypatch.setattr(Path, "read_bytes", forbidden)
    assert "See who may read it" in at.run("accord", "show", "{}/accord").stderr
