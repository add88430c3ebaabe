"""Writing: a message, a notice in a form, an answer or a service message; checked on a page of its own before it goes.

Rules of this file:
1. Nothing typed is lost: whatever is wrong, whoever refuses, the next page carries every value on.
2. What goes is what the check page showed: it is read again from the same values, and a FLASH is confirmed there.
3. The station's rules are the station's: its refusal is shown as it came.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from openline.console import composing, notice_forms, sending, telling
from openline.console.acting import DUTY
from openline.console.asked import Asked
from openline.console.composing import Typed
from openline.console.link import Unreachable
from openline.console.live import Look
from openline.console.places import Place
from openline.console.screens import items
from openline.station.api import types_items
from openline.wire.errors import Misuse, OpenlineError, Refused

NAMED: Final = ("answers", "corrects", "translation_of")
TWO_PERSON: Final = {"message", "notice", "document"}


async def write(asked: Asked) -> Response:
    """An empty form, or one that begins as a correction, a translation or an answer."""
    query = asked.query
    typed = Typed({name: query[name] for name in ("kind", "form", "line", *NAMED) if name in query})
    named = await _named(asked, typed)
    if "corrects" in named:
        begun = Typed.like(named["corrects"])
        typed = Typed({**begun.values, "corrects": typed["corrects"]}, begun.posts["action"], begun.posts["info"])
    for how in ("translation_of", "answers"):
        if how in named:
            like = named[how]
            typed.values |= {"line": like.line, "lane": like.lane, "exercise": "1" if like.exercise else ""}
            typed.values["kind"] = "answer" if how == "answers" else "message"
            typed.values["precedence"] = like.precedence
    return await _form(asked, typed, named)


async def change(asked: Asked) -> Response:
    """The form again, with what was typed."""
    typed = Typed.of(await asked.form())
    return await _form(asked, typed, await _named(asked, typed), filled=True)


async def check(asked: Asked) -> Response:
    """What would go, to be read back before it does."""
    return await checked(asked, Typed.of(await asked.form()))


async def checked(asked: Asked, typed: Typed) -> Response:
    """The page of what would go; the form again, where something is wrong with it."""
    wrong, named = await _wrong(asked, typed)
    if wrong:
        return await _form(asked, typed, named, wrong=wrong, filled=True)
    return await _check(asked, typed, named)


async def send(asked: Asked) -> Response:
    """Have it drafted; it is recorded at once where no officer need release it."""
    typed = Typed.of(await asked.form())
    wrong, named = await _wrong(asked, typed)
    if wrong:
        return await _form(asked, typed, named, wrong=wrong, filled=True)
    _ = asked.words
    if typed.precedence == "FLASH" and not typed["sure"] and typed.kind != "service":
        error = Misuse(_("A FLASH is confirmed before it goes."), next_step=_("Confirm it below."))
        return await _check(asked, typed, named, error)
    try:
        drafted = await sending.send(asked, composing.command(typed))
    except (Refused, Misuse, Unreachable) as error:
        return await _check(asked, typed, named, error)
    return sending.onwards(asked, drafted)


async def _wrong(asked: Asked, typed: Typed) -> tuple[dict[str, str], dict[str, types_items.Item]]:
    look = await _look(asked)
    wrong = composing.problems(typed, look, asked.words)
    named = await _named(asked, typed)
    for how in NAMED:
        if typed[how] and how not in named and look is not None:
            wrong.setdefault(how, asked.words("Nothing here has this number."))
    return wrong, named


async def _look(asked: Asked) -> Look | None:
    try:
        return await asked.look()
    except OpenlineError:
        return None  # the page says that the station does not answer


async def _named(asked: Asked, typed: Typed) -> dict[str, types_items.Item]:
    """The items that this one names, those that there are."""
    found = {}
    for how in NAMED:
        if typed[how]:
            try:
                found[how] = await items.found(asked, typed[how])
            except OpenlineError:
                continue  # said beside the field, or the whole page says that the station does not answer
    return found


async def _form(asked: Asked, typed: Typed, named: dict[str, Any], **what: Any) -> Response:
    given = {"wrong": {}, "filled": False, **what}
    status = 400 if given["wrong"] else 200
    return await asked.page("write.html", status=status, typed=typed, named=named, **given, **_shared())


async def _check(
    asked: Asked, typed: Typed, named: dict[str, Any], error: OpenlineError | None = None
) -> Response:
    look, status = await _look(asked), 200
    if error is not None:
        status = 503 if isinstance(error, Unreachable) else 409
    two = look is not None and typed.kind in TWO_PERSON | {"answer"} and typed["lane"] != "safety" and (
        ("message" if typed.kind == "answer" else typed.kind) in look.agreed.two_person
    )  # fmt: skip
    cut = False
    if look is not None:
        line = next((each for each in look.status.lines if each.id == typed["line"]), None)
        lane = line.lanes.get(typed["lane"] or "liaison") if line is not None else None
        cut = lane is not None and lane.cut and typed.kind not in ("answer", "service")
    return await asked.page(
        "write_check.html", status=status, typed=typed, named=named, two=two, cut=cut,
        error=None if error is None else asked.fault(error), unsure=isinstance(error, Unreachable), **_shared(),
    )  # fmt: skip


def _shared() -> dict[str, Any]:
    return {"telling": telling, "forms": notice_forms, "composing": composing}


PLACES: Final = (
    Place("GET", "/write", write, DUTY, "Write", nav=4),
    Place("POST", "/write", change, DUTY),
    Place("POST", "/write/check", check, DUTY),
    Place("POST", "/write/send", send, DUTY),
)
