"""What an officer typed, as a command to the station; or what is wrong with it, field by field.

Rules of this file: it judges what can be seen without the record; rules of the record are the station's to apply, and
its refusal is shown beside what was typed. Text is taken as it was typed, with the line ends of the record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from openline.console import notice_forms, telling
from openline.console.asked import Form
from openline.console.live import Look
from openline.console.words import Words
from openline.station.api import types as t
from openline.station.api import types_items
from openline.wire.limits import NAME_BYTES_MAX, REASON_BYTES_MAX, TEXT_BYTES_MAX

KINDS: Final = ("message", "notice", "answer", "service", "document")
OTHER: Final = "other"  # in the place of a form's id: one that this console does not know
ROWS: Final = 12  # fields of such a form
FLASH_WORDS_MAX: Final = 200
MARKS: Final = (
    "line", "lane", "precedence", "due", "exercise", "language", "corrects", "translation_of", "answers",
)  # fmt: skip
FIGURES: Final = re.compile(r"[^\s,;()]*\d[^\s,;()]*")


class Typed:
    """The values of the form, from a request or from an item; every field is text."""

    def __init__(self, values: dict[str, str], action: tuple[str, ...] = (), info: tuple[str, ...] = ()) -> None:
        self.values = values
        self.posts = {"action": action, "info": info}

    @classmethod
    def of(cls, form: Form) -> Typed:
        values = {name: form[name].replace("\r\n", "\n") for name in form if name not in ("action", "info")}
        return cls(values, form.many("action"), form.many("info"))

    @classmethod
    def like(cls, item: types_items.Item) -> Typed:
        """A correction of an item begins as what it corrects."""
        values = {
            "kind": item.kind, "line": item.line, "lane": item.lane, "precedence": item.precedence, "text": item.text,
            "exercise": "1" if item.exercise else "", "language": item.language, "title": item.title,
            "form": item.form if item.form in notice_forms.FORMS else OTHER if item.form else "", "form_id": item.form,
            "due": str(item.due_s - item.time_s) if item.due_s else "none",
        }  # fmt: skip
        for number, (key, value) in enumerate(item.fields.items()):
            values |= {f"field.{key}": value, f"key.{number}": key, f"value.{number}": value}
        return cls(values, item.action, item.info)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def kind(self) -> str:
        return self["kind"] if self["kind"] in KINDS else "message"

    @property
    def precedence(self) -> str:
        return self["precedence"] if self["precedence"] in telling.PRECEDENCE else "ROUTINE"

    @property
    def due_s(self) -> int:
        """Seconds within which an answer is wanted; 0 for none."""
        due = self["due"]
        if due == "auto":
            return telling.DUE_S[self.precedence]
        return int(due) if due.isdecimal() and len(due) < 9 else 0

    @property
    def form(self) -> notice_forms.Form | None:
        return notice_forms.FORMS.get(self["form"])

    @property
    def form_id(self) -> str:
        return self["form_id"] if self.form is None else self.form.id

    def fields(self) -> dict[str, str]:
        """The fields of a notice that say something."""
        if self.form is not None:
            named = {field.key: self[f"field.{field.key}"] for field in self.form.fields}
        else:
            named = {self[f"key.{number}"]: self[f"value.{number}"] for number in range(ROWS)}
        return {key: value for key, value in named.items() if key and value}

    def kept(self) -> Iterator[tuple[str, str]]:
        """Every name and value, for a page that carries them on; a confirmation is not carried on."""
        yield from ((name, value) for name, value in self.values.items() if name != "sure")
        for name, posts in self.posts.items():
            yield from ((name, post) for post in posts)

    def figures(self) -> list[str]:
        """Every time, number and coordinate in what is said: what is read back before it goes."""
        said = [self["text"], self["title"], *self.fields().values()]
        found = (each.rstrip(".:!?") for text in said for each in FIGURES.findall(text))
        return list(dict.fromkeys(found))


def problems(typed: Typed, look: Look | None, words: Words) -> dict[str, str]:
    """What is wrong, by field."""
    _ = words
    found: dict[str, str] = {}
    if typed.kind in ("message", "answer", "service"):
        found |= _text(typed, words)
    if typed.kind == "notice":
        found |= _fields(typed, words)
    if typed.kind == "document" and not typed["pages"]:
        found["file"] = _("Choose the file.")
    if len(typed["title"].encode()) > REASON_BYTES_MAX:
        found["title"] = _("The title is too long.")
    if typed.kind != "answer" and look is not None and typed["line"] not in [line.id for line in look.agreed.lines]:
        found["line"] = _("Choose a line.")
    if typed["language"] and not telling.tag(typed["language"]):
        found["language"] = _("Write the language as a tag, such as ko or en.")
    if typed.kind == "answer" and not typed["answers"]:
        found["answers"] = _("Say what is answered.")
    return found


def _text(typed: Typed, words: Words) -> dict[str, str]:
    _, size = words, len(typed["text"].encode())
    if not size:
        return {"text": _("Write the text.")}
    if size > TEXT_BYTES_MAX:
        more = _("The text is too long; longer matter is a document. Bytes: {size}, at most: {most}")
        return {"text": more.format(size=f"{size:,}", most=f"{TEXT_BYTES_MAX:,}")}
    count = len(typed["text"].split())
    if typed.precedence == "FLASH" and count > FLASH_WORDS_MAX:
        more = _("A FLASH is short. Words: {count}, at most: {most}")
        return {"text": more.format(count=count, most=FLASH_WORDS_MAX)}
    return {}


def _fields(typed: Typed, words: Words) -> dict[str, str]:
    _ = words
    if typed.form is None:
        if not typed.form_id or len(typed.form_id.encode()) > NAME_BYTES_MAX:
            return {"form_id": _("Name the form, in 64 bytes at most.")}
        return {} if typed.fields() else {"key.0": _("Fill in a field.")}
    lacking = [field for field in typed.form.fields if field.needed and not typed[f"field.{field.key}"]]
    return {f"field.{field.key}": f"{_('Fill this in')}: {_(field.label)}" for field in lacking}


def command(typed: Typed) -> t.AnyCommand:
    """What the station is asked to draft."""
    line, text = typed["line"], typed["text"]
    lane: t.LaneName = "safety" if typed["lane"] == "safety" else "liaison"
    precedence: Any = typed.precedence
    marks: dict[str, Any] = {
        "precedence": precedence, "due_s": typed.due_s, "exercise": bool(typed["exercise"]),
        "language": typed["language"],
    }  # fmt: skip
    if typed.kind == "answer":
        return t.Reply(to=typed["answers"], text=text, **marks)
    if typed.kind == "service":
        return t.Service(line=line, text=text)
    marks |= {
        "line": line, "lane": lane, "corrects": typed["corrects"] or None,
        "translation_of": typed["translation_of"] or None, **typed.posts,
    }  # fmt: skip
    if typed.kind == "notice":
        return t.Notice(form=typed.form_id, fields=typed.fields(), **marks)
    if typed.kind == "document":
        return t.Document(pages=typed["pages"], title=typed["title"], **marks)
    return t.Message(text=text, **marks)
