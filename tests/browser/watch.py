"""What went wrong in a page while a test used it: errors, breaches of the content policy, requests to third parties.

Rules of this file: everything is a fault unless the test said beforehand that it is expected, in the fault's own words;
what was expected and did not come is a fault too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

INSIDE = {"data", "blob", "about"}


class Watch:
    """Watches every page of a browser's context. `origins`: those that it may ask something of."""

    def __init__(self, context: BrowserContext, origins: set[str]) -> None:
        self.origins = origins
        self.faults: list[str] = []
        self._expected: dict[str, bool] = {}  # words → whether something with them came
        context.on("console", self._said)
        context.on("weberror", self._threw)
        context.on("request", self._asked)
        context.on("response", self._answered)

    def expect(self, words: str) -> None:
        """From here on, faults that hold these words are what the test wants to see; one of them must come."""
        self._expected.setdefault(words, False)

    def left(self) -> list[str]:
        """The faults that no test asked for, and what a test asked for in vain."""
        missed = (words for words, came in self._expected.items() if not came)
        return [*self.faults, *(f"expected, and never came: {words}" for words in missed)]

    def _fault(self, what: str) -> None:
        expected = [words for words in self._expected if words in what]
        for words in expected:
            self._expected[words] = True
        if not expected:
            self.faults.append(what)

    def _said(self, message: ConsoleMessage) -> None:
        # What the browser says of an answer with an error's status is told by `_answered`, with its method.
        if message.type in ("error", "warning", "assert") and "Failed to load resource: the server" not in message.text:
            self._fault(f"{message.type} in the console: {message.text} ({message.location.get('url', '')})")

    def _threw(self, error: WebError) -> None:
        self._fault(f"a script threw: {error.error}")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in INSIDE and f"{parts.scheme}://{parts.netloc}" not in self.origins:
            self._fault(f"a request to a third party: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            path = urlsplit(response.url).path
            self._fault(f"{response.status} for {response.request.method} {path}")


def hold(watched: Iterable[tuple[Page, Watch]]) -> None:
    """Fail with every fault so far. What a page said last is heard first."""
    found = []
    for page, each in watched:
        if not page.is_closed():
            page.wait_for_load_state()
            page.wait_for_function("() => true")
        found += each.left()
    assert not found, "\n" + "\n".join(found)


def until(page: Page, holds: Callable[[], bool], rounds: int = 500) -> None:
    """Let the page and its events go on until something holds; `rounds` of at least a frame each."""
    for _ in range(rounds):
        if holds():
            return
        page.evaluate("new Promise(requestAnimationFrame)")
    raise AssertionError("it did not come to hold")
