"""The store in plain dictionaries."""

from __future__ import annotations

import pytest

from openline.store import MemoryStore
from tests.unit.store.conformance import Conformance, Open


class TestMemory(Conformance):
    @pytest.fixture
    def opened(self) -> Open:
        first = MemoryStore()
        return lambda: MemoryStore(first.disk)
