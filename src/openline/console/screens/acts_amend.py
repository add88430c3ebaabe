"""A change of a line's terms as a form: check-ins, holidays, carriers, expiry, how often a sign of life is sent.

Rules of this file: the form begins with what is in force now; only what differs is proposed, and before it is drafted a
page shows each change beside what it replaces.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final, NamedTuple, cast

from starlette.responses import Response

from openline.console import forms
from openline.console.acting import DUTY
from openline.console.asked import Asked, Form
from openline.console.drafting import drafted, officers_needed
from openline.console.forms import Problems, Typed
from openline.console.live import Look
from openline.console.moments import asked_s, day_and_time, suggested
from openline.console.places import Place
from openline.console.words import Words
from openline.station.api import types as t
from openline.station.api.types_agreed import Agreed, AgreedLine
from openline.wire.errors import Misuse
from openline.wire.said import say

BACK: Final = "/acts"
SPARE: Final = 2  # empty rows after the check-ins there are
CHECK_INS_MAX: Final = 24  # spec 3.5
AHEAD_S: Final = 86_400
AT: Final = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")
DAYS: Final = ("working", "daily")
PULSE_MAX_S: Final = 86_400


class Change(NamedTuple):
    """One thing that would change."""

    name: str
    before: Any
    after: Any


async def _line(asked: Asked, name: str) -> tuple[Agreed, AgreedLine]:
    """The terms in force, and those of one line.

    Raises:
        Misuse: there is no such line.
    """
    agreed = await asked.console.link.get("/v1/agreed", Agreed)  # asked anew: the frame's may be older than a change
    for line in agreed.lines:
        if line.id == name:
            return agreed, line
    raise Misuse(say("the accord has no such line"), next_step=say("Choose one of the list."))


async def choose(asked: Asked) -> Response:
    """Which line; then its terms."""
    if "line" not in asked.query:
        agreed = await asked.console.link.get("/v1/agreed", Agreed)
        return await asked.page("act_amend_choose.html", lines=agreed.lines)
    agreed, line = await _line(asked, asked.query["line"])
    look = await asked.look()
    return await _form(asked, look, agreed, line, Problems(), _first(look, line))


def _first(look: Look, line: AgreedLine) -> Typed:
    """The form filled in with the terms that are in force."""
    rows: dict[str, str] = {}
    for n, x in enumerate(line.check_ins):
        rows |= {f"at{n}": x.at, f"caller{n}": x.caller, f"days{n}": x.days, f"zone{n}": x.zone}
    day, clock = suggested(look.status.now_s, look.us.zone, AHEAD_S)
    end_day, end_clock = day_and_time(line.expires_s, look.us.zone) if line.expires_s else ("", "")
    return Typed(
        line=line.id, carrier=line.carriers, holidays="\n".join(line.holidays), pulse=str(line.pulse_s),
        expires="at" if line.expires_s else "never", until_day=end_day, until_time=end_clock, effective_day=day,
        effective_time=clock, rows=str(min(len(line.check_ins) + SPARE, CHECK_INS_MAX)), **rows,
    )  # fmt: skip


def _rows(typed: Typed) -> int:
    text = typed.get("rows")
    return min(int(text), CHECK_INS_MAX) if text.isascii() and text.isdecimal() and len(text) <= 3 else SPARE


async def _form(
    asked: Asked, look: Look, agreed: Agreed, line: AgreedLine, problems: Problems, typed: Typed
) -> Response:
    return await asked.page(
        "act_amend.html", status=400 if problems else 200, problems=problems, typed=typed, agreed=agreed, line=line,
        rows=range(_rows(typed)),
    )  # fmt: skip


async def amend(asked: Asked) -> Response:
    """Check a change, say what it replaces, or draft it."""
    form, look = await asked.form(), await asked.look()
    agreed, line = await _line(asked, form["line"])
    problems, typed, _ = Problems(), Typed(form), asked.words
    given = _given(_, form, typed, look, agreed, line, problems)
    effective_s = asked_s(problems, _, "effective", typed, look.us.zone, look.status.now_s)
    changes = [Change(name, getattr(line, name), value) for name, value in given.items() if value != _now(line, name)]
    if not problems and not changes:
        problems["at0"] = _("This changes nothing. Change what is to be different.")
    step = forms.step_of(form)
    if problems or step == forms.CHANGE:
        return await _form(asked, look, agreed, line, problems, typed)
    command = t.Amend(line=line.id, effective_s=effective_s, **{each.name: each.after for each in changes})
    if step == forms.DO:
        return await drafted(asked, command, BACK)
    return await asked.page(
        "act_amend_check.html", typed=typed, command=command, changes=changes, needed=officers_needed(look, "amend")
    )


def _now(line: AgreedLine, name: str) -> Any:
    """A term in force, as the form would give it back."""
    return tuple(sorted(line.holidays)) if name == "holidays" else getattr(line, name)


def _given(
    words: Words, form: Form, typed: Typed, look: Look, agreed: Agreed, line: AgreedLine, problems: Problems
) -> dict[str, Any]:
    """Every term as typed, whether it changes or not; what is wrong goes to `problems`."""
    _ = words
    carriers = tuple(x.id for x in agreed.carriers if x.id in form.many("carrier"))
    if not carriers:
        problems["carrier"] = _("A line has at least one carrier.")
    if set(carriers) == set(line.carriers):
        carriers = line.carriers  # their order is the accord's, and is no change
    expires_s = 0
    if form["expires"] == "at":
        same = (form["until_day"], form["until_time"]) == (
            day_and_time(line.expires_s, look.us.zone) if line.expires_s else None
        )
        after = look.status.now_s
        expires_s = line.expires_s if same else asked_s(problems, _, "until", typed, look.us.zone, after)
    return {
        "check_ins": _check_ins(_, form, look, _rows(typed), problems),
        "carriers": carriers,
        "holidays": _holidays(_, form["holidays"], problems),
        "expires_s": expires_s,
        "pulse_s": _pulse(_, form["pulse"], problems),
    }


def _check_ins(words: Words, form: Form, look: Look, rows: int, problems: Problems) -> tuple[t.CheckIn, ...]:
    _, found, sides = words, [], [side.name for side in look.agreed.sides]
    for n in range(rows):
        at, caller, days = form[f"at{n}"], form[f"caller{n}"], form[f"days{n}"]
        if not at:
            continue
        if AT.fullmatch(at) is None:
            problems[f"at{n}"] = _("Give a time of day, as 09:00.")
        elif caller not in sides or days not in DAYS:
            problems[f"at{n}"] = _("Say who calls, and on which days.")
        else:
            how_often = cast("t.Days", days)
            found.append(t.CheckIn(at=at, caller=caller, days=how_often, zone=form[f"zone{n}"] or look.us.zone))
    return tuple(found)


def _holidays(words: Words, text: str, problems: Problems) -> tuple[str, ...]:
    _, days = words, text.split()
    try:
        return tuple(sorted({date.fromisoformat(each).isoformat() for each in days}))
    except ValueError:
        problems["holidays"] = _("Write each day as 2021-10-04, one on a line.")
        return ()


def _pulse(words: Words, text: str, problems: Problems) -> int:
    _ = words
    if text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= PULSE_MAX_S:
        return int(text)
    problems["pulse"] = _("Give whole seconds, from 1 to 86,400.")
    return 0


PLACES: Final = (
    Place("GET", "/acts/amend", choose, DUTY, "Change the terms of a line"),
    Place("POST", "/acts/amend", amend, DUTY),
)
