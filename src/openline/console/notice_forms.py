"""The forms of notices that this console knows: their fields by name, in both languages (docs/forms.md).

Rules of this file: a form is its id and the keys of its fields, which are what is signed; labels and order are the
reader's own; a form or a field that is not here is shown by its key and is as good as any other (spec 1.8, 12.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from openline.console.words import marked as _


class Field(NamedTuple):
    """One field. `key`: as signed; `long`: several lines; `needed`: a notice without it says nothing."""

    key: str
    label: str
    hint: str = ""
    long: bool = False
    needed: bool = False


class Form(NamedTuple):
    """One form. `lane`, `precedence`, `due`: what an officer is proposed; "auto" is the precedence's own time."""

    id: str
    title: str
    purpose: str
    fields: tuple[Field, ...]
    lane: str = "liaison"
    precedence: str = "ROUTINE"
    due: str = "none"


class Told(NamedTuple):
    """A field of a notice as it is shown. `known`: whether `label` is a sentence of ours or the key as it came."""

    label: str
    value: str
    known: bool


_FORMS: Final = (
    Form("question", _("Question"), _("Ask something and say by when you need to know."), (
        Field("subject", _("Subject"), needed=True),
        Field("question", _("Question"), long=True, needed=True),
        Field("background", _("Background"), _("Why it is asked, as far as it may be said."), long=True),
        Field("needed-by", _("Needed by"), _("Date, time and zone, as 2026-12-01 10:00 KST.")),
    ), due="auto"),
    Form("read-back", _("Read-back"), _("Repeat what you understood, so that the other side can say what differs."), (
        Field("of", _("Repeats"), _("The number of what is repeated."), needed=True),
        Field("understood", _("We understood"), long=True, needed=True),
        Field("unclear", _("Not clear to us"), long=True),
    )),
    Form("fault-ticket", _("Fault ticket"), _("Tell technicians of a fault of a line, carrier or device."), (
        Field("ticket", _("Ticket number"), _("Your own number for it.")),
        Field("where", _("Where"), _("Line, carrier or device."), needed=True),
        Field("since", _("Since"), _("Date, time and zone, as 2026-12-01 10:00 KST."), needed=True),
        Field("fault", _("What is wrong"), long=True, needed=True),
        Field("tried", _("What was tried"), long=True),
        Field("reach", _("Technician"), _("Name or post, and where to be reached.")),
        Field("state", _("State of the fault"), _("Open, being worked on, or closed.")),
    )),
    Form("distress", _("Distress and rescue"), _("Ask for help, or for safe passage for whoever gives it."), (
        Field("what", _("What happened"), long=True, needed=True),
        Field("position", _("Position"), _("Coordinates as 37°57.2′N 126°40.5′E, or a place."), needed=True),
        Field("at", _("When it happened"), _("Date, time and zone, as 2026-12-01 10:00 KST."), needed=True),
        Field("who", _("Who is in distress"), _("Vessel or aircraft, its marks, how many people."), needed=True),
        Field("condition", _("Condition of the people")),
        Field("wanted", _("Help that is asked for"), long=True, needed=True),
        Field("rescuers", _("Rescuers on their way"), _("Vessels and aircraft, marks, route.")),
        Field("contact", _("Contact"), _("Channel, frequency or telephone.")),
    ), lane="safety", precedence="FLASH", due="auto"),
    Form("line-test", _("Test of the line"), _("A text that is to come back by a read-back."), (
        Field("test", _("Test text"), needed=True),
        Field("sent", _("Sent at"), _("Date, time and zone, as 2026-12-01 10:00 KST.")),
        Field("remark", _("Remark"), long=True),
    ), due="auto"),
)  # fmt: skip
FORMS: Final[Mapping[str, Form]] = {form.id: form for form in _FORMS}


def title(form: str) -> str:
    """The name of a form: a sentence of ours, or its id as it came."""
    return FORMS[form].title if form in FORMS else form


def told(form: str, fields: Mapping[str, str]) -> list[Told]:
    """A notice's fields in the form's order, then those that it does not know by their keys."""
    known = {field.key: field.label for field in FORMS[form].fields} if form in FORMS else {}
    ours = [Told(label, fields[key], True) for key, label in known.items() if key in fields]
    return ours + [Told(key, value, False) for key, value in fields.items() if key not in known]
