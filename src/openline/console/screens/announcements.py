"""Announcements and minutes: written, signed where the keys are, offered, signed by the other side, published.

Rules of this file:
1. No announcement key comes into a browser or a station: what is to be signed is downloaded as the exact bytes, and the
   signed file is brought back. What the page cannot do it says.
2. Both languages stand side by side as they were signed; nothing here words them anew.
3. A signed file is read by the station, which checks it; this page draws no conclusion from a file of its own.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from openline.console import forms
from openline.console.acting import ANYONE, DUTY
from openline.console.asked import Asked, Form
from openline.console.downloads import attachment
from openline.console.drafting import drafted, officers_needed
from openline.console.forms import Problems, Typed
from openline.console.places import Place
from openline.console.screens.acts import LISTED, RECORDED_MAX, STATEMENTS
from openline.console.screens.acts_forms import offer_of
from openline.station.api import types as t
from openline.station.api import types_items
from openline.wire.errors import Misuse
from openline.wire.limits import NOTE_BYTES_MAX
from openline.wire.said import say

KINDS: Final = STATEMENTS
LANGUAGES: Final = ("ko", "en")
PLAIN: Final = "text/plain; charset=utf-8"
TEXT_MAX: Final = 4000  # chosen: two screens of text; the record's bound is wider
BACK: Final = "/announcements"


async def announcements(asked: Asked) -> Response:
    found = await asked.console.link.get("/v1/offers", types_items.Offers, limit=LISTED)
    offers = [offer for offer in found.offers if offer.kind in KINDS]
    recorded = asked.query.get("recorded", "")[:RECORDED_MAX]
    return await asked.page("announcements.html", offers=offers, recorded=recorded)


async def statement_of(asked: Asked, ref: str) -> types_items.Offer:
    """An announcement or minute by its name.

    Raises:
        Misuse: it is neither.
    """
    offer = await offer_of(asked, ref)
    if offer.kind not in KINDS:
        raise Misuse(say("this is no announcement and no minute"), next_step=say("Look at the list of them."))
    return offer


async def one(asked: Asked) -> Response:
    return await _one(asked, await statement_of(asked, asked.path["offer"]), Problems())


async def _one(asked: Asked, offer: types_items.Offer, problems: Problems) -> Response:
    look, link = await asked.look(), asked.console.link
    text = await link.get("/v1/offers/text", bytes, ref=offer.id)
    return await asked.page(
        "announcement.html", status=400 if problems else 200, offer=offer, text=text.decode(errors="replace"),
        problems=problems, needed=officers_needed(look, "accept"),
        ours_to_sign=offer.waits_for == "us" and offer.author != look.us.name,
        withdraws=offer.waits_for == "them" and offer.author == look.us.name,
    )  # fmt: skip


# ---- writing, and what is to be signed


async def new(asked: Asked) -> Response:
    return await asked.page("announcement_new.html", typed=Typed(kind=KINDS[0]), problems=Problems())


def texts_of(form: Form) -> dict[str, str]:
    """The texts by language, lines ended as a note has them."""
    said = {language: form[f"text_{language}"].replace("\r\n", "\n") for language in LANGUAGES}
    return {language: text for language, text in said.items() if text}


async def write(asked: Asked) -> Response:
    """Check the texts, and show exactly what the announcement keys would sign."""
    form, _ = await asked.form(), asked.words
    texts, problems, typed = texts_of(form), Problems(), Typed(form)
    if not texts:
        problems["text_ko"] = _("Write the text in one language or in both.")
    for language, said in texts.items():
        if len(said) > TEXT_MAX:
            problems[f"text_{language}"] = _("This is too long.")
    if problems or forms.step_of(form) == forms.CHANGE:
        status = 400 if problems else 200
        return await asked.page("announcement_new.html", status=status, typed=typed, problems=problems)
    text = await _composed(asked, texts, form["kind"])
    if form["step"] == "download":
        return attachment("statement.txt", text, PLAIN)
    look = await asked.look()
    return await asked.page(
        "announcement_sign.html", typed=typed, text=text.decode(), texts=texts, kind=form["kind"],
        needed=officers_needed(look, "minute" if form["kind"] == "minute" else "announce"),
    )  # fmt: skip


async def _composed(asked: Asked, texts: dict[str, str], kind: str) -> bytes:
    asks = types_items.StatementText(texts=texts, minute=kind == "minute")
    return await asked.console.link.post("/v1/offers/text", asks, bytes)


async def to_sign(asked: Asked) -> Response:
    """What our side signs to accept an announcement or minute of theirs, as a file."""
    offer = await statement_of(asked, asked.path["offer"])
    text = await asked.console.link.get("/v1/offers/text", bytes, ref=offer.id)
    return attachment("statement.txt", text, PLAIN)


async def published(asked: Asked) -> Response:
    """The note with all four signatures, as both sides publish it."""
    offer = await statement_of(asked, asked.path["offer"])
    note = await asked.console.link.get("/v1/offers/published", bytes, ref=offer.id)
    return attachment(f"{offer.kind}-{offer.id[:8]}.note", note)


# ---- what was signed elsewhere comes back


async def _signed(asked: Asked, form: Form) -> types_items.SignedStatement:
    """The signed file of a form, as the station reads it.

    Raises:
        Misuse: there is none, or the station finds it wrong.
    """
    _, file = asked.words, form.file("signed")
    data = b"" if file is None else await file.read(NOTE_BYTES_MAX + 1)
    if not data or len(data) > NOTE_BYTES_MAX:
        raise Misuse(_("Choose the signed file."), next_step=_("It is what openline statement sign wrote."))
    return await asked.console.link.post("/v1/offers/signed", data, types_items.SignedStatement)


async def offered(asked: Asked) -> Response:
    """Draft a statement of ours that was signed."""
    found = await _signed(asked, await asked.form())
    command = t.Statement(
        texts=found.texts, minute=found.minute, ed25519=found.ed25519, mldsa44=found.mldsa44
    )
    return await drafted(asked, command, BACK)


async def accept(asked: Asked) -> Response:
    """Draft our acceptance of theirs, with our signatures of the same text."""
    form, problems, _ = await asked.form(), Problems(), asked.words
    offer = await statement_of(asked, asked.path["offer"])
    if not forms.sure(asked, form, problems):
        return await _one(asked, offer, problems)
    found = await _signed(asked, form)
    if (found.texts, found.minute) != (offer.texts, offer.kind == "minute"):
        problems["signed"] = _("This file is signed, but it is another text than theirs.")
        return await _one(asked, offer, problems)
    command = t.Accept(target=offer.id, ed25519=found.ed25519, mldsa44=found.mldsa44)
    return await drafted(asked, command, _path(offer))


async def withdraw(asked: Asked) -> Response:
    """Draft that a statement of ours is taken back."""
    form, problems = await asked.form(), Problems()
    offer = await statement_of(asked, asked.path["offer"])
    if not forms.sure(asked, form, problems):
        return await _one(asked, offer, problems)
    return await drafted(asked, t.Withdraw(target=offer.id), _path(offer))


def _path(offer: types_items.Offer) -> str:
    return f"{BACK}/{quote(offer.id, safe='')}"


PLACES: Final = (
    Place("GET", "/announcements", announcements, ANYONE, "Announcements", nav=8),
    Place("GET", "/announcements/new", new, DUTY, "Write a statement"),
    Place("POST", "/announcements/new", write, DUTY),
    Place("POST", "/announcements/signed", offered, DUTY),
    Place("GET", "/announcements/{offer}", one, ANYONE, "Announcement"),
    Place("GET", "/announcements/{offer}/text", to_sign, ANYONE),
    Place("GET", "/announcements/{offer}/published", published, ANYONE),
    Place("POST", "/announcements/{offer}/accept", accept, DUTY),
    Place("POST", "/announcements/{offer}/withdraw", withdraw, DUTY),
)
