"""What several of the unit tests stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.posts import Posts, two_posts


@pytest.fixture
def posts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Posts]:
    """Two stations in this process, linked, and the command line that asks them."""
    with two_posts(tmp_path, monkeypatch) as made:
        yield made
