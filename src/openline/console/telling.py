"""What items, receipts and marks are called, and where their pages are: shared by the screens that show items.

Rules of this file: words only; a level of precedence keeps its name in every language; whose word a receipt is stands
beside it; what this release does not know is shown as it came.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import quote

from openline.console import signs
from openline.console.live import Look
from openline.console.signs import Sign
from openline.console.words import marked as _
from openline.station.api import types_items as t

_TAG: Final = re.compile("[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
MINUTE_S: Final = 60
HOUR_S: Final = 3600


PRECEDENCE: Final = {
    "FLASH": Sign("◆", "FLASH", "bad"),
    "IMMEDIATE": Sign("▲", "IMMEDIATE", "warn"),
    "PRIORITY": Sign("△", "PRIORITY", "note"),
    "ROUTINE": Sign("", "ROUTINE", "calm"),
}
MEANS: Final = {
    "ROUTINE": _("Shown in its order."),
    "PRIORITY": _("Shown before ROUTINE."),
    "IMMEDIATE": _("Sounds there when half of its due time has passed without an answer."),
    "FLASH": _("Goes by every path at once and sounds there until it is opened. For what cannot wait; short."),
}
DUE_S: Final = {"FLASH": 10 * MINUTE_S, "IMMEDIATE": 30 * MINUTE_S, "PRIORITY": 3 * HOUR_S, "ROUTINE": 6 * HOUR_S}
KINDS: Final = {
    "message": _("Message"),
    "notice": _("Notice"),
    "document": _("Document"),
    "letter": _("Letter"),
    "service": _("Service message"),
    "answer": _("Answer"),
}
LANES: Final = {"liaison": _("liaison lane"), "safety": _("safety lane")}
FLAGS: Final = {
    "crossed": (
        _("Crossed with a suspension"),
        _("Sent while a suspension was on its way: neither side had the other's entry."),
    ),
    "out_of_line": (
        _("Sent against a suspension"),
        _("Sent although its author's own record held that this lane was suspended."),
    ),
}
WORD: Final = {
    "recorded": _("its station"),
    "delivered": _("its station, signed"),
    "shown": _("its station, signed"),
    "acknowledged": _("an officer, by signature"),
    "answered": _("an item that answers it"),
}
HERE: Final = {signs.RECEIPTS["shown"]: _("shown here")}
SPANS: Final = {600: _("10 minutes"), 1800: _("30 minutes"), 3600: _("1 hour"), 10_800: _("3 hours"),
                21_600: _("6 hours"), 86_400: _("1 day")}  # fmt: skip


class Receipt(NamedTuple):
    """A receipt: its word, the side whose word it is, and in what form that word was given; sentences of ours."""

    word: str
    side: str
    how: str


def receipts(item: t.Item, look: Look) -> list[Receipt]:
    """Every receipt of an item, lowest first, after that its author recorded it."""
    other = look.them.name if item.author == look.us.name else look.us.name
    first = Receipt(signs.RECEIPTS["recorded"], item.author, WORD["recorded"])
    rest = [Receipt(signs.RECEIPTS.get(x.receipt, x.receipt), other, WORD.get(x.receipt, x.by)) for x in item.receipts]
    if not is_ours(item, look):  # whose station says it stands beside it: "there" would be the wrong one
        rest = [each._replace(word=HERE.get(each.word, each.word)) for each in rest]
    return [first, *rest]


def highest(item: t.Item, look: Look | None) -> str:
    """How far an item got; a sentence of ours."""
    word = signs.RECEIPTS.get(item.receipt, item.receipt)
    return word if look is None or is_ours(item, look) else HERE.get(word, word)


def precedence(name: str) -> Sign:
    return PRECEDENCE.get(name, Sign("?", name, "warn"))


def is_ours(item: t.Item, look: Look) -> bool:
    return item.author == look.us.name


def choices(look: Look) -> list[tuple[str, str]]:
    """The lines to choose from; where there are several, none is chosen beforehand."""
    lines = [(line.id, line.id) for line in look.agreed.lines]
    return lines if len(lines) == 1 else [("", "–"), *lines]


def leads(ref: str) -> bool:
    """Whether a name of the record leads to something that is kept here."""
    return bool(ref) and not ref.endswith("…")


def path_of(item: t.Item) -> str:
    """Where an item's page is. A service message has no name but its place."""
    return "/items/" + named(item.place if item.kind == "service" else item.id)


def named(ref: str) -> str:
    """A name of the record as the end of a path."""
    return quote(ref, safe="")


def tag(language: str) -> str:
    """A language as a page may name it; "" for what is no tag."""
    return language if _TAG.fullmatch(language) else ""


def first_line(item: t.Item) -> str:
    """What a list shows of an item that was opened."""
    match item.kind:
        case "notice":
            return "; ".join(value for value in item.fields.values() if value)
        case "document":
            return item.title
        case _:
            return item.text + ("…" if item.shortened else "")
