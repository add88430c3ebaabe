"""What the tests against real servers share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.nats_server import NatsServer


@pytest.fixture
def server(tmp_path: Path):
    """A nats-server with JetStream, not started yet; gone when the test is over."""
    one = NatsServer(tmp_path)
    yield one
    one.stop()
