"""What holds for every test: the counts (reduced, or full with OPENLINE_SOAK=1) and which tests those are."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests import postgresql_server, soaking

TESTS = Path(__file__).parent
BROWSER = TESTS / "browser"
SOAK = os.environ.get("OPENLINE_SOAK") == "1"

# Reduced counts take the same examples every time, so that one commit has one verdict; full counts look for new ones.
settings.register_profile(
    "fast",
    max_examples=40,
    stateful_step_count=25,
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "soak",
    max_examples=2_000,
    stateful_step_count=60,
    deadline=None,
    print_blob=True,
    phases=list(Phase),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("soak" if SOAK else "fast")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked `soak` unless full counts are asked for; what is quick comes before what is slow."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
    if SOAK:
        return
    soak = [item for item in items if item.get_closest_marker("soak")]
    if soak:
        config.hook.pytest_deselected(items=soak)
        items[:] = [item for item in items if item not in soak]


@contextmanager
def without_the_browsers_loop(item: pytest.Item) -> Iterator[None]:
    """Playwright's loop counts as running between its tests, and stands: other tests begin loops of their own."""
    loop = asyncio._get_running_loop()
    if loop is None or BROWSER in item.path.parents:
        yield
        return
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    with without_the_browsers_loop(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with without_the_browsers_loop(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    if nextitem is None:  # the browser ends here too, in its loop
        return (yield)
    with without_the_browsers_loop(item):
        return (yield)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """How tests are handed out to several workers, where there are several."""
    from tests.sharing import Sharing  # xdist is there where it is asked for

    return Sharing(config, log)


@pytest.hookimpl(trylast=True)  # after whoever writes to the terminal is there
def pytest_configure(config: pytest.Config) -> None:
    """With full counts, have the process that hands out the tests say how far it is."""
    told = config.pluginmanager.get_plugin("terminalreporter")
    if SOAK and told is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(soaking.Soaking(lambda row: told.write_line(f"\n{row}")))


@pytest.fixture(autouse=True)
def _examples(request: pytest.FixtureRequest) -> None:
    """What hypothesis is to try is counted for it."""
    if SOAK and (count := soaking.examples(request.node)):
        request.node.user_properties.append((soaking.PROPERTY, f"{count} examples at most"))


@pytest.fixture
def counted(request: pytest.FixtureRequest) -> soaking.Counted:
    """Says what this test did, and how often: `counted(200, "kills")`; for the table of a run with full counts."""

    def say(count: int, what: str) -> None:
        request.node.user_properties.append((soaking.PROPERTY, f"{count} {what}"))

    return say


@pytest.fixture(scope="session")
def soak() -> bool:
    """Whether full counts are asked for."""
    return SOAK


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a database whose server runs for this worker alone, or of the one that was named for the tests."""
    if postgresql_server.ELSEWHERE:
        yield postgresql_server.ELSEWHERE
        return
    server = postgresql_server.PostgresqlServer()
    try:
        server.start()
        yield server.url()
    finally:
        server.remove()


@pytest.fixture
def postgresql_url(postgresql: str) -> Iterator[str]:
    """The URL of a schema of this test's own."""
    with postgresql_server.schema(postgresql) as url:
        yield url
