"""`python -m tests.browser.screenshots [WORD …]`: every page of the console as a picture, in both languages, wide and
narrow, light and dark, into reports/screenshots/. With words, only the pages whose path holds one of them.

Rules of this file: the places table says which pages there are; what a path names is something that two real stations
have; a page that cannot be shown is named at the end, and is no success.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Final, cast

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext

from openline.console.acting import ANYONE
from openline.console.places import Place, places
from openline.keys import letters, notes
from openline.keys.public import officer_message
from openline.keys.secret import SystemEntropy, XwingKey
from openline.station.api import types as t
from openline.station.api import types_duty, types_items
from openline.wire import accord as accords
from openline.wire import bodies, cbor
from tests.browser import chromium
from tests.browser.accounts import Site
from tests.browser.accounts import start as start_site
from tests.browser.conftest import NARROW, WIDE
from tests.integration.pairs import Station

ROOT: Final = Path(__file__).parent.parent.parent / "reports/screenshots"
OFFICER: Final = "kim"
DAY_S: Final = 86_400
ARRIVE: Final = 5  # what north sends
OFFERS: Final = 3
SETTLED: Final = "() => document.fonts.ready.then(() => new Promise(requestAnimationFrame)).then(() => true)"


def fill(north: Station, south: Station) -> dict[str, str]:
    """Something of every kind on the line; what a path's names stand for, by the path's first part."""
    north.message("The patrol boat 2713 is adrift south of the line; no hostile intent.", precedence="FLASH")
    asked = north.message("Please confirm the convoy of 14:00.", precedence="PRIORITY", due_s=3600)
    fields = {"from": "06:00", "until": "18:00", "place": "Imjin, km 40 to 42"}
    north.draft(t.Notice(line="liaison", form="river-works/1", fields=fields))
    south.message("Received. The convoy leaves at 13:30.")
    south_offers = released(south, t.Amend(line="liaison", effective_s=int(time.time()) + DAY_S, pulse_s=5))
    offered = released(north, t.Amend(line="liaison", effective_s=int(time.time()) + DAY_S, pulse_s=2))
    announced = released(north, statement(north, {"ko": "회선이 다시 열렸다.", "en": "The lines are open again."}))
    sealed = letters.seal(b"sealed", [XwingKey.generate(SystemEntropy()).public], SystemEntropy())
    written = released(north, t.Letter(to="minister", age=sealed))
    paged = released(north, t.Document(line="liaison", pages=pages(north), title="Map of the northern road"))
    waiting = south.draft(t.Suspend(lines=("liaison",), reason="an example that nobody releases"))
    south.wait_until(lambda: len(_inbox(south)) >= ARRIVE)
    south.wait_until(lambda: len(south.asking.get("/v1/offers", types_items.Offers).offers) >= OFFERS)
    call = north.asking.post("/v1/calls", types_duty.PlaceCall(line="liaison"), types_duty.Call)
    south.wait_until(lambda: south.asking.get("/v1/calls", types_duty.Calls).lasting)
    north.asking.post(f"/v1/calls/{call.id}/end", None, types_duty.Call)
    return {
        "lines": "liaison", "items": asked.id, "drafts": waiting.id, "calls": call.id, "documents": paged.id,
        "letters": written.id, "announcements": announced.id, "accept": offered.id, "withdraw": south_offers.id,
    }  # fmt: skip


def released(station: Station, command: t.Command) -> t.Entry:
    """A command, recorded under the keys of as many officers as it needs."""
    drafted = station.draft(command)
    signed = accords.decode_signed(station.asking.call("GET", "/v1/accord"))
    for number, officer in enumerate(station.keys.officers):
        if drafted.entry is None:
            kind, plain = cast(Any, cbor.decode(bytes.fromhex(drafted.body)))
            body, counter = bodies.from_plain(kind, plain), drafted.counters[officer.name]
            signature = officer.sign(officer_message(signed.id, station.side, body, number, counter))
            approval = t.Approve(officer=officer.name, counter=counter, signature=signature.hex())
            drafted = station.asking.post(f"/v1/drafts/{drafted.id}/approvals", approval, t.Drafted)
    assert drafted.entry is not None
    return drafted.entry


def statement(station: Station, texts: dict[str, str]) -> t.Statement:
    signed = accords.decode_signed(station.asking.call("GET", "/v1/accord"))
    text = notes.statement_text(signed.accord, signed.id, tuple(sorted(texts.items())), "announcement")
    ed25519, mldsa44 = notes.sign_statement(text, station.name, station.keys.announce)
    return t.Statement(texts=texts, ed25519=ed25519.hex(), mldsa44=mldsa44.hex())


def pages(station: Station) -> str:
    """A page with something on it, handed in."""
    image, drawn = Image.new("RGB", (600, 800), "white"), io.BytesIO()
    ImageDraw.Draw(image).multiline_text((60, 80), "NORTHERN ROAD\n\nkm 40: culvert\nkm 42: ford", fill="black")
    image.save(drawn, "PNG")
    digest: str = station.asking.post("/v1/pages", drawn.getvalue(), dict[str, str])["pages"]
    return digest


def _inbox(station: Station) -> tuple[types_items.Item, ...]:
    return station.asking.get("/v1/inbox", types_items.Inbox).items


def path_of(place: Place, named: dict[str, str]) -> str | None:
    """A path of this place that there is something at; None if there is nothing."""
    parts = place.path.split("/")
    if "{" not in place.path:
        ref = named.get(parts[-1]) if parts[1] == "acts" else None
        return place.path if ref is None else f"{place.path}?ref={ref}"
    name = named.get(parts[1])
    return None if name is None else "/".join(name if part.startswith("{") else part for part in parts)


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
