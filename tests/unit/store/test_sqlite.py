"""The store in a SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from openline.ports import Store
from openline.store import open_store
from tests.unit.store.conformance import Conformance, Open


class TestSqlite(Conformance):
    @pytest.fixture
    def opened(self, tmp_path: Path) -> Iterator[Open]:
        handles: list[Store] = []

        def open_again() -> Store:
            for handle in handles:
                handle.close()
            handles.append(open_store(tmp_path / "record"))
            return handles[-1]

        yield open_again
        for handle in handles:
            handle.close()
