"""`python -m tests.browser.screenshots [WORD …]`: every page of the console as a picture, in both languages, wide and
narrow, light and dark, into reports/screenshots/. With words, only the pages whose path holds one of them.

Rules of this file: the places table says which pages there are; what a path names is something that two real stations
have; a page that cannot be shown is named at the end, and is no success.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, BrowserContext

from openline.console.acting import ANYONE
from openline.console.places import places
from tests.browser import chromium
from tests.browser.accounts import Site
from tests.browser.accounts import start as start_site
from tests.browser.conftest import NARROW, WIDE
from tests.browser.filled import fill, path_of

ROOT: Final = Path(__file__).parent.parent.parent / "reports/screenshots"
OFFICER: Final = "kim"
SETTLED: Final = "() => document.fonts.ready.then(() => new Promise(requestAnimationFrame)).then(() => true)"


def looks(browser: Browser, site: Site) -> Iterator[tuple[str, BrowserContext, str]]:
    """Every way to look at a page: its name, a context that looks so, and the cookie of a session."""
    with site.accounts() as accounts:
        now_s = accounts.now().clock_s
        accounts.roster.set_roles(OFFICER, ANYONE, "", now_s)
        token = accounts.sessions.begin(OFFICER, now_s, b"")
    for language, size, scheme in product(("en", "ko"), (WIDE, NARROW), ("light", "dark")):
        context = browser.new_context(
            base_url=site.origin,
            viewport={"width": size[0], "height": size[1]},
            locale={"en": "en-GB", "ko": "ko-KR"}[language],
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        yield f"{language}-{size[0]}-{scheme}", context, token
        context.close()


def show(browser: Browser, site: Site, named: dict[str, str], words: list[str]) -> list[str]:
    """Take every picture; the places that have none."""
    pages = [place for place in places() if place.method == "GET" and place.title]
    chosen = [place for place in pages if not words or any(word in place.path for word in words)]
    lacking = [place.path for place in chosen if path_of(place, named) is None]
    for look, context, token in looks(browser, site):
        page = context.new_page()
        for place in sorted(chosen, key=lambda place: place.roles is not None):  # first what nobody signs in for
            path = path_of(place, named)
            if path is None:
                continue
            if place.roles is not None:
                context.add_cookies([{"name": "session", "value": token, "url": site.origin}])
            answer = page.goto(path)
            page.wait_for_function(SETTLED)
            if answer is None or not answer.ok:
                lacking.append(f"{look} {path}: {None if answer is None else answer.status}")
            into = ROOT / look / f"{'-'.join(re.findall('[a-z]+', place.path.replace(':path', ''))) or 'board'}.png"
            into.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=into, full_page=True)
    return lacking


def main(words: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="shots-") as folder:
        site = start_site(Path(folder))
        try:
            site.north.start()
            site.station.wait_observed("through")
            named = fill(site.north, site.station)
            with chromium.playwright() as started:
                lacking = show(chromium.launch(started), site, named, words)
        finally:
            site.north.kill()
            site.station.stop()
    print(f"pictures in {ROOT}")
    for each in lacking:
        print(f"not shown: {each}")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
