"""A line with something of every kind on it: what every screen of the console has something to show of.

Rules of this file: what is on the line came there by the API of two real stations; what a path names is there; the
safety lane is cut at the end, so that everything else of the line still passes.
"""

from __future__ import annotations

import io
import time
from typing import Any, Final, cast

from PIL import Image, ImageDraw

from openline.console.places import Place
from openline.keys import letters, notes
from openline.keys.public import officer_message
from openline.keys.secret import SystemEntropy, XwingKey
from openline.station.api import types as t
from openline.station.api import types_duty, types_items
from openline.wire import accord as accords
from openline.wire import bodies, cbor
from tests.integration.pairs import Station

DAY_S: Final = 86_400
ARRIVE: Final = 9  # what north sends
OFFERS: Final = 4


def fill(north: Station, south: Station) -> dict[str, str]:
    """Something of every kind on the line; what a path's names stand for, by the path's first part, and the ids of
    some items by what they are."""
    effective_s = int(time.time()) + DAY_S
    north.message("The patrol boat 2713 is adrift south of the line; no hostile intent.", precedence="FLASH")
    asked = north.message("Please confirm the convoy of 14:00.", precedence="PRIORITY", due_s=3600)
    korean = north.message("14시의 호송대를 확인해 주십시오.", translation_of=asked.id, language="ko")
    north.message("Please confirm the convoy of 15:00.", corrects=asked.id)
    fields = {"from": "06:00", "until": "18:00", "place": "Imjin, km 40 to 42"}
    north.draft(t.Notice(line="liaison", form="river-works/1", fields=fields))
    fields = {"what": "adrift", "position": "37°57′N", "at": "02:10", "who": "five", "wanted": "a tow", "x": "odd"}
    distress = north.draft(t.Notice(line="liaison", lane="safety", form="distress", fields=fields, exercise=True)).entry
    assert distress is not None
    sealed = north.message("for later")
    south.message("Received. The convoy leaves at 13:30.")
    south_offers = released(south, t.Amend(line="liaison", effective_s=effective_s, pulse_s=5))
    offered = released(north, t.Amend(line="liaison", effective_s=effective_s, pulse_s=2))
    announced = released(north, statement(north, {"ko": "회선이 다시 열렸다.", "en": "The lines are open again."}))
    letter = letters.seal(b"sealed", [XwingKey.generate(SystemEntropy()).public], SystemEntropy())
    written = released(north, t.Letter(to="minister", age=letter))
    paged = released(north, t.Document(line="liaison", pages=pages(north), title="Map of the northern road"))
    south.wait_until(lambda: len(_inbox(south)) >= ARRIVE)
    for each in (asked, korean, distress):
        south.asking.post("/v1/inbox/open", types_items.Open(ref=each.id, officer="kim"), types_items.Opened)
    call = north.asking.post("/v1/calls", types_duty.PlaceCall(line="liaison"), types_duty.Call)
    south.wait_until(lambda: south.asking.get("/v1/calls", types_duty.Calls).lasting)
    north.asking.post(f"/v1/calls/{call.id}/end", None, types_duty.Call)
    released(south, t.Suspend(lines=("liaison",), lanes=("safety",), reason="an example"))
    north.wait_until(lambda: _safety(north) == "suspended")
    released(north, t.Propose(lines=("liaison",), lanes=("safety",), effective_s=effective_s))
    south.wait_until(lambda: len(south.asking.get("/v1/offers", types_items.Offers).offers) >= OFFERS)
    waiting = south.draft(t.Suspend(lines=("liaison",), reason="an example that nobody releases"))
    back = t.GiveBack(officer="lee", reason="not yet")
    south.asking.post(f"/v1/drafts/{waiting.id}/return", back, t.Drafted)
    return {
        "lines": "liaison", "items": asked.id, "drafts": waiting.id, "calls": call.id, "documents": paged.id,
        "letters": written.id, "announcements": announced.id, "accept": offered.id, "withdraw": south_offers.id,
        "entry": "south 0/1", "distress": distress.id, "sealed": sealed.id,
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


def _safety(station: Station) -> str:
    status = station.status()
    return "" if status is None else status.lines[0].lanes["safety"].formal


def path_of(place: Place, named: dict[str, str]) -> str | None:
    """A path of this place that there is something at; None if there is nothing."""
    parts = place.path.split("/")
    if "{" not in place.path:
        ref = named.get(parts[-1]) if parts[1] in ("acts", "record") else None
        return place.path if ref is None else f"{place.path}?ref={ref}"
    name = named.get(parts[1])
    return None if name is None else "/".join(name if part.startswith("{") else part for part in parts)
