"""What the tests in a browser share: one Chromium a worker, and pages that are watched until the test is over.

Rules of this file: a browser is shared, a context is not: no cookie, key or storage of one test is seen by another; a
page that had a fault fails its test, whatever the test looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.browser import chromium, watch

WIDE: Final = (1280, 800)
NARROW: Final = (390, 844)
PATIENCE_MS: Final = 10_000  # what a condition may take on a loaded machine

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
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.watch = watch.Watch(self.context, {origin})
        self.page: Page = self.context.new_page()


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
    """Opens a console's page: `visit(url, size=, language=, scheme=, within=)` gives a `Visit` that stands there."""
    visits: list[Visit] = []

    def open_one(
        url: str,
        *,
        size: tuple[int, int] = WIDE,
        language: str = "en",
        scheme: str = "light",
        within: Browser | None = None,
    ) -> Visit:
        parts = urlsplit(url)
        one = Visit(within or browser, f"{parts.scheme}://{parts.netloc}", size, language, scheme)
        visits.append(one)
        one.page.goto(url)
        return one

    yield open_one
    try:
        watch.hold([(each.page, each.watch) for each in visits])
    finally:
        for each in visits:
            each.context.close()
