"""The way in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from openline.store import open_store
from openline.wire.errors import Misuse

HEAVY = ("alembic", "psycopg", "sqlalchemy")


def imported_by(program: str, *arguments: str) -> set[str]:
    """Which of the heavy libraries a fresh interpreter has loaded after `program`."""
    program = f"import sys; sys.path[:] = {sys.path!r}\n{program}\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in ran.stdout.split()} & set(HEAVY)


def test_importing_is_light() -> None:
    """A program that keeps no store in PostgreSQL and makes none pays for neither driver nor SQLAlchemy."""
    assert imported_by("import openline.store") == set()


def test_opening_is_light(tmp_path: Path) -> None:
    """A station that starts on its store, writes and reads loads none of them; making a store needs no alembic."""
    use = (
        "from openline.store import open_store\n"
        "from openline.ports import PutMeta\n"
        "store = open_store(sys.argv[1]); store.commit([PutMeta('mode', b'absent')]); store.metas(''); store.close()"
    )

    assert imported_by(use, str(tmp_path / "record")) == {"sqlalchemy"}
    assert imported_by(use, str(tmp_path / "record")) == set()


def test_url_of_another_kind() -> None:
    """What is neither a path nor a PostgreSQL URL is not guessed at."""
    with pytest.raises(Misuse, match="mysql:// is no kind of store"):
        open_store("mysql://localhost/record")


def test_driver_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the PostgreSQL driver its URL is refused with what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "openline.store.postgresql", raising=False)

    with pytest.raises(Misuse, match="driver that is not installed") as caught:
        open_store("postgresql://localhost/record")

    assert "openline[postgresql]" in caught.value.next_step
