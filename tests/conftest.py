"""What holds for every test: the counts (reduced, or full with OPENLINE_SOAK=1) and which tests those are."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

SOAK = os.environ.get("OPENLINE_SOAK") == "1"

# Reduced counts take the same examples every time, so that one commit has one verdict; full counts look for new ones.
settings.register_profile(
    "fast", max_examples=40, stateful_step_count=25, derandomize=True, deadline=None, print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "soak", max_examples=2_000, stateful_step_count=60, deadline=None, print_blob=True, phases=list(Phase),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("soak" if SOAK else "fast")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked `soak` unless full counts are asked for."""
    if SOAK:
        return
    soak = [item for item in items if item.get_closest_marker("soak")]
    if soak:
        config.hook.pytest_deselected(items=soak)
        items[:] = [item for item in items if item not in soak]


@pytest.fixture(scope="session")
def soak() -> bool:
    """Whether full counts are asked for."""
    return SOAK
