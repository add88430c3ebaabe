"""Pages from templates: escaped, in the reader's language, with both sides' clocks.

Rules of this file: everything is escaped unless a function here made it; what the other side wrote is bounded and
marked `dir="auto"`; times are told in our zone, theirs and Zulu, never as a bare number.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from openline.console import signs
from openline.console.accounts.gate import AccountsGate
from openline.console.acting import Role
from openline.console.live import Look, speed
from openline.console.words import LANGUAGES, Words
from openline.station import sentences
from openline.wire.errors import OpenlineError, invariant

if TYPE_CHECKING:
    from openline.console.app import Console
    from openline.console.asked import Asked

TEMPLATES: Final = Path(__file__).parent / "templates"
QUOTED_MAX: Final = 20_000
UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
CALENDAR_END_S: Final = 253_370_764_800  # the year 9999


class Pages:
    """One environment a language."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._environments: dict[str, Environment] = {}

    def environment(self, words: Words) -> Environment:
        made = self._environments.get(words.language)
        if made is None:
            made = Environment(
                loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
            )  # fmt: skip
            made.install_gettext_translations(words.translations, newstyle=True)  # type: ignore[attr-defined]
            made.filters.update(quoted=quoted, clock=clock, day=day, moment=moment, exact=exact)
            made.filters.update(
                said=partial(sentences.tell, words=words),
                said_all=partial(sentences.tell_all, words=words),
                told=partial(sentences.told, words=words),
                in_words=partial(sentences.in_words, words=words),
                value=partial(sentences.value_told, words=words),
                ahead=partial(sentences.ahead, words=words),
            )
            made.globals.update(signs=signs, sign=signs.sign, language=words.language, version=self.console.version)
            self._environments[words.language] = made
        return made

    def part(self, template: str, words: Words, **what: Any) -> str:
        """A piece of a page: of a live region."""
        return self.environment(words).get_template(template).render(**what)

    async def page(self, asked: Asked, template: str, status: int, what: dict[str, Any]) -> Response:
        """A whole page; with the frame's regions as they are now."""
        look, fault = await self._look(asked)
        play = await self.console.watcher.play() if look is None else look.play
        nav = [
            (place.path, asked.words(place.title), place.path == asked.request.url.path)
            for place in sorted(self.console.places, key=lambda place: place.nav)
            if place.nav and place.path not in self.console.hidden
            and asked.acting is not None and (place.roles is None or place.roles & asked.acting.roles)
        ]
        environment = self.environment(asked.words)
        invariant(not what.keys() & environment.globals.keys(), "no page gives the frame's own names another meaning")
        text = environment.get_template(template).render(
            look=look, fault=fault, nav=nav, acting=asked.acting, nonce=asked.request.scope["nonce"], Role=Role,
            languages=LANGUAGES, theme=asked.request.cookies.get("theme", ""), here=asked.here, play=play,
            speed=speed(play), choices=() if self.console.choices is None else await self.console.choices(),
            signs_in=isinstance(self.console.gate, AccountsGate), rests=await self._rests(asked), **what,
        )  # fmt: skip
        return HTMLResponse(text, status)

    async def _rests(self, asked: Asked) -> bool:
        """Whether nobody is signed in here because nothing was done for long (ADR 0026)."""
        gate = self.console.gate
        return asked.acting is None and isinstance(gate, AccountsGate) and await gate.resting(asked.request) is not None

    async def _look(self, asked: Asked) -> tuple[Look | None, str]:
        try:
            return await asked.look(), ""
        except OpenlineError as error:
            return None, error.what


def quoted(text: str, most: int = QUOTED_MAX) -> Markup:
    """What somebody wrote, as text in its own direction, its lines kept. Characters that are not seen but change
    how the others are seen (controls, overrides of direction, spaces of no width) are shown by their numbers."""
    shown = text if len(text) <= most else text[:most] + "…"
    told = Markup(UNSEEN.sub(_numbered, str(escape(shown))))
    return Markup('<span class="quoted" dir="auto">{}</span>').format(told)


def _numbered(found: re.Match[str]) -> str:
    return f'<span class="control">U+{ord(found[0]):04X}</span>'


def _at(time_s: int, zone: str) -> datetime | None:
    if not 0 <= time_s < CALENDAR_END_S:
        return None
    return datetime.fromtimestamp(time_s, UTC if zone == "Z" else ZoneInfo(zone))


def clock(time_s: int, zone: str) -> str:
    """Hours and minutes in a zone; "Z" is Zulu."""
    at = _at(time_s, zone)
    return str(time_s) if at is None else f"{at:%H:%M}{'Z' if zone == 'Z' else ''}"


def day(time_s: int, zone: str) -> str:
    """The date in a zone."""
    at = _at(time_s, zone)
    return str(time_s) if at is None else f"{at:%Y-%m-%d}"


def moment(time_s: int, look: Look | None) -> Markup:
    """An instant as officers read it: date and time here, with Zulu; theirs where their clock shows another. In Zulu
    alone where the station does not say whose clocks there are."""
    if look is None:
        return Markup("{} {}").format(day(time_s, "Z"), clock(time_s, "Z"))
    here, there = _at(time_s, look.us.zone), _at(time_s, look.them.zone)
    if here is None or there is None:
        return Markup(escape(str(time_s)))
    theirs = "" if here.utcoffset() == there.utcoffset() else f" · {there:%H:%M} {there:%Z}"
    return Markup('<time datetime="{}"><span>{} {}</span>{} · <span>{}</span></time>').format(
        f"{here:%Y-%m-%dT%H:%M:%S%z}", f"{here:%Y-%m-%d %H:%M}", f"{here:%Z}", theirs, clock(time_s, "Z")
    )


def exact(time_s: int, look: Look) -> Markup:
    """An instant to the second, as a handover is recorded: here, and in Zulu."""
    here, zulu = _at(time_s, look.us.zone), _at(time_s, "Z")
    if here is None or zulu is None:
        return Markup(escape(str(time_s)))
    return Markup('<time datetime="{}"><span>{} {}</span> · <span>{}Z</span></time>').format(
        f"{here:%Y-%m-%dT%H:%M:%S%z}", f"{here:%Y-%m-%d %H:%M:%S}", f"{here:%Z}", f"{zulu:%H:%M:%S}"
    )
