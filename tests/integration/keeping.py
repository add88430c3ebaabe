"""What tests of backup, restoring and keys share: verbs run in this process, and a root's key file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from click.testing import CliRunner, Result

from openline.cli.main import cli
from openline.keys.keyfile import Cost, seal_key_file
from openline.keys.secret import SystemEntropy
from tests.integration.pairs import Station

WORDS: Final = "correct horse battery"


def run(*words: object, code: int = 0) -> Result:
    """`openline` with these words; it ends with this exit code."""
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exit_code == code, f"{words}: {result.exit_code}: {result.output} {result.exception!r}"
    return result


def words_file(folder: Path) -> Path:
    path = folder / "words"
    path.write_text(WORDS + "\n")
    path.chmod(0o600)
    return path


def root_file(station: Station, folder: Path) -> Path:
    """The root's key file, as a side keeps it away from its station."""
    path = folder / f"root-{station.name}.key"
    secret = station.keys.root.to_bytes()
    path.write_bytes(seal_key_file(secret, "root", WORDS, SystemEntropy(), cost=Cost(8, 1, 1)))
    return path


def destroy(station: Station) -> None:
    """The site is gone; what lies in the safe, accord, secret and configuration, is put into a new folder."""
    kept = {name: (station.folder / name).read_bytes() for name in ("accord", "table.secret", "station.toml")}
    shutil.rmtree(station.folder)
    station.folder.mkdir()
    for name, data in kept.items():
        (station.folder / name).write_bytes(data)
        (station.folder / name).chmod(0o600)
