"""Every screen of the console is for everybody: no rule of WCAG 2.2 AA is broken on it, and none is wider than a phone.

Rules of this file: the table of places says which screens there are, so that a new one is looked at or named here as
none; each is looked at in both languages (`looks.py`); what a form leads to is looked at where it leads.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import pytest
from playwright.sync_api import Page

from openline.console.acting import ANYONE
from openline.console.places import places
from tests.browser import accounts, axe
from tests.browser.accounts import Site
from tests.browser.conftest import Opener
from tests.browser.filled import fill, path_of
from tests.browser.looks import LANGUAGES, looks_of

pytestmark = pytest.mark.slow

# What is fetched and no screen: answers to scripts, and files.
FETCHED: Final = {
    "/calls/{call}/voice", "/record/export", "/record/heads/file", "/announcements/{offer}/text",
    "/announcements/{offer}/published", "/documents/{ref}/original", "/documents/{ref}/pages/{page}",
    "/letters/{ref}/file",
}  # fmt: skip
# The same places with something else on them.
MORE: Final = (
    "/items/{distress}", "/items/{sealed}", "/record?text=nothing+like+it", "/history?span=year",
    "/record/heads?place=south+0/1&id=0000000000", "/acts/amend?line=liaison", "/write?kind=notice&form=distress",
    "/write?kind=notice&form=other", "/write?kind=document", "/write?kind=service", "/write?answers={items}",
)  # fmt: skip
ON: Final = "main form button.primary"


class Onward(NamedTuple):
    """What a form leads to: `fields` to fill, by their ids; `leads`: what is on the page then."""

    path: str
    leads: str
    fields: tuple[tuple[str, str], ...] = ()


THEN: Final = (("effective_day", "2031-07-27"), ("effective_time", "10:00"))
ONWARD: Final = (
    Onward("/acts/suspend?line=liaison", "button.danger"),
    Onward("/acts/propose?line=liaison&lane=safety", "#signed", THEN),
    Onward("/acts/amend?line=liaison", "#signed", (("pulse", "7"), *THEN)),
    Onward("/announcements/new", "#signed-text", (("text_ko", "회선이 다시 열렸다."),)),
    Onward("/write", "form[action='/write/send']", (("text", "The convoy of 14:00."),)),
    Onward("/acts/suspend", ".fault"),  # nothing was marked: what a form with an error looks like
    Onward("/write?kind=notice&form=distress", ".fault"),
)
NOWHERE: Final = "/nowhere"
REFUSED: Final = (f"404 for GET {NOWHERE}", "400 for POST /acts/suspend", "400 for POST /write/check")


class Looked(NamedTuple):
    """One look at a screen. `path` may name what is on the line, in braces."""

    path: str
    onward: Onward | None = None
    signed_in: bool = True


def looked() -> list[Looked]:
    """Every look at a screen that there is, but for languages, widths and lights."""
    screens = [place for place in places() if place.method == "GET" and place.path not in FETCHED]
    table = [Looked(place.path, None, place.roles is not None) for place in screens]
    return [*table, *map(Looked, (*MORE, NOWHERE)), *(Looked(each.path, each) for each in ONWARD)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with accounts.linked(tmp_path_factory.mktemp("everybody")) as made:
        yield made


@pytest.fixture(scope="module")
def named(site: Site) -> dict[str, str]:
    return fill(site.north, site.station)


@pytest.fixture
def token(site: Site) -> str:
    """A session of an officer who may do everything, as the gate keeps it."""
    with site.accounts() as kept:
        now_s = kept.now().clock_s
        kept.roster.set_roles("kim", ANYONE, "", now_s)
        kept.roster.set_roles("lee", ["officer"], "", now_s)
        return kept.sessions.begin("kim", now_s, b"")


def test_no_screen_is_left_out(named):
    """Each place of the table is a screen that has something on it to look at, or named here as what is fetched."""
    paths = {place.path for place in places() if place.method == "GET"}
    assert paths >= FETCHED
    lacking = [each.path for each in places() if each.method == "GET" and path_of(each, named) is None]
    assert set(lacking) <= FETCHED


def go(page: Page, path: str, onward: Onward | None) -> None:
    page.goto(path)
    page.get_by_role("heading", level=1).first.wait_for()
    if onward is None:
        return
    for field, value in onward.fields:
        page.locator(f"#{field}").fill(value)
    page.locator(ON).first.click()
    page.locator(onward.leads).first.wait_for()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_screen_is_for_everybody(site: Site, named: dict[str, str], token: str, visit: Opener, language: str):
    """All that is wrong with any of them is told at once."""
    one = visit(f"{site.origin}/sign-in", language=language)
    for words in REFUSED:
        one.watch.expect(words)
    page, found = one.page, []
    by_place = {place.path: path_of(place, named) for place in places() if place.method == "GET"}

    def look(where: str) -> None:
        found.extend(f"{where}: {what}" for what in axe.violations(page))
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{where}: wider than its window")

    for number, each in enumerate(sorted(looked(), key=lambda each: each.signed_in)):  # first what nobody signs in for
        if each.signed_in:
            one.context.add_cookies([{"name": "session", "value": token, "url": site.origin}])
        path = by_place.get(each.path) or each.path.format(**named)
        for how in looks_of(number):
            if how.language != language:
                continue
            page.set_viewport_size({"width": how.size[0], "height": how.size[1]})
            page.emulate_media(color_scheme="dark" if how.scheme == "dark" else "light")
            go(page, path, each.onward)
            look(f"{path} in {how.named}")
    assert not found, "\n" + "\n".join(found)
