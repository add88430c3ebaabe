"""What the tests in a browser share: one Chromium a worker, and pages that are watched until the test is over.

Rules of this file: a browser is shared, a context is not: no cookie, key or storage of one test is seen by another; a
page that had a fault fails its test, whatever the test looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from openline.console.acting import ANYONE, Role
from tests.browser import chromium, watch
from tests.browser import consoles as processes
from tests.browser.console_process import COOKIE
from tests.browser.consoles import Consoles
from tests.integration.pairs import make_pair

WIDE: Final = (1280, 800)
NARROW: Final = (390, 844)
PATIENCE_MS: Final = 30_000  # what a condition may take on a machine whose every core is wanted by three others

expect.set_options(timeout=PATIENCE_MS)  # of its own it waits half as long as anything else
Opener = Callable[..., "Visit"]


class Visit:
    """A page of one person at one console, in a context of its own."""

    def __init__(self, browser: Browser, origin: str, size: tuple[int, int], language: str, scheme: str) -> None:
        self.origin = origin
        self.context = browser.new_context(
            base_url=origin,
            viewport={"width": size[0], "height": size[1]},
            locale={"en": "en-GB", "ko": "ko-KR"}[language],
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
            has_touch=size == NARROW,
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.watch = watch.Watch(self.context, {origin})
        self.page: Page = self.context.new_page()

    def sign_in(self, officer: str, roles: Iterable[Role] = ANYONE, post: str = "") -> None:
        """From here on this is an officer, who may do what the roles allow."""
        value = quote(f"{officer}|{','.join(sorted(roles))}|{post}")
        self.context.add_cookies([{"name": COOKIE, "value": value, "url": self.origin}])


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    with chromium.playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(driver: Playwright) -> Iterator[Browser]:
    """The browser of this worker."""
    one = chromium.launch(driver)
    yield one
    one.close()


@pytest.fixture(scope="session")
def other_browser(driver: Playwright) -> Iterator[Browser]:
    """A second browser process: two officers who call each other do not share one."""
    one = chromium.launch(driver)
    yield one
    one.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Opener]:
    """Opens a console's page and gives the `Visit` that stands there: `visit(url, officer="kim", roles=…, post=…,
    size=WIDE, language="en", scheme="light", within=other_browser)`. Without `officer`, nobody is signed in. A test
    that has a console of its own names it before this one, so that the page is gone before its console."""
    visits: list[Visit] = []

    def open_one(
        url: str,
        *,
        size: tuple[int, int] = WIDE,
        language: str = "en",
        scheme: str = "light",
        within: Browser | None = None,
        officer: str = "",
        roles: Iterable[Role] = ANYONE,
        post: str = "",
    ) -> Visit:
        parts = urlsplit(url)
        one = Visit(within or browser, f"{parts.scheme}://{parts.netloc}", size, language, scheme)
        visits.append(one)
        if officer:
            one.sign_in(officer, roles, post)
        one.page.goto(url)
        return one

    yield open_one
    try:
        watch.hold([(each.page, each.watch) for each in visits])
    finally:
        for each in visits:
            each.context.close()


@pytest.fixture(scope="session")
def consoles(driver: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """Two stations that are through, and their consoles: those of this worker. A test that breaks one mends it."""
    both = processes.start(make_pair(tmp_path_factory.mktemp("consoles"), **processes.and_by_hand()))
    yield both
    both.stop()
