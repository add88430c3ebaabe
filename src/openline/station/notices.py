"""What is told to people who do not look at the screen: one notice of an alarm, as JSON, as a mail, as an environment.

Rules of this file: a notice holds names and times, and nothing that anybody wrote to anybody; a name from the accord is
kept on one line, for it may come from the other side.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Final, NamedTuple

from openline.station.config import Mail
from openline.wire.said import say

EVENTS: Final = ("begin", "repeat", "again", "acknowledged", "end", "test")
SAYS: Final = {
    "flash_unread": say("a FLASH of theirs has not been opened"),
    "call_ringing": say("a call of theirs rings here"),
    "check_in_missed": say("a check-in that was due was not completed"),
    "immediate_overdue": say("an IMMEDIATE of theirs is past half its time and not answered"),
    "peer_silent": say("nothing comes from their station by any way"),
    "heads_differ": say("the two records have not agreed for five minutes"),
    "clock_offset": say("the two stations' clocks differ by more than two seconds"),
    "test": say("a test of how alarms reach people; nothing is wrong"),
}
NAMES: Final = {
    "flash_unread": say("flash_unread"), "call_ringing": say("call_ringing"), "check_in_missed": say("check_in_missed"),
    "immediate_overdue": say("immediate_overdue"), "peer_silent": say("peer_silent"),
    "heads_differ": say("heads_differ"), "clock_offset": say("clock_offset"), "test": say("test"),
}  # fmt: skip
PRIORITIES: Final = {"high": say("high"), "medium": say("medium"), "low": say("low")}


class Notice(NamedTuple):
    """`line`: "" for an alarm of no one line. `officer`, `comment`: whose acknowledgement it tells of."""

    event: str
    alarm: str
    line: str
    since_s: int
    priority: str
    station: str
    accord: str
    officer: str = ""
    comment: str = ""


def says(notice: Notice, language: str) -> str:
    """What sounds, in one sentence without its full stop."""
    what: str = SAYS.get(notice.alarm, notice.alarm)
    return _in(language, say("{what}, again", what=what) if notice.event == "again" else what)


def as_json(notice: Notice, language: str = "en") -> bytes:
    """The body of a POST. `says` and `language` are for people, the rest for programs."""
    plain = notice._asdict()
    plain["since"] = iso(plain.pop("since_s"))
    return json.dumps({**plain, "says": says(notice, language), "language": language}, ensure_ascii=False).encode()


def as_mail(notice: Notice, mail: Mail, language: str = "en") -> EmailMessage:
    """A mail, in plain text."""
    made = EmailMessage()
    made["From"], made["To"] = mail.sender, ", ".join(mail.to)
    made["Subject"] = _in(language, _subject(notice))
    made["Auto-Submitted"] = "auto-generated"  # so that no absence notice answers it
    priority = PRIORITIES.get(notice.priority, notice.priority)
    station, accord = one_line(notice.station), one_line(notice.accord)
    rows = (
        f"{says(notice, language)}.", "",
        say("alarm    {alarm} ({priority})", alarm=notice.alarm, priority=priority),
        say("line     {line}", line=one_line(notice.line)) if notice.line else None,
        say("since    {since}", since=iso(notice.since_s)),
        say("station  {station}, of the accord {accord}", station=station, accord=accord), "",
        say("Acknowledge it in the console, or at the station: openline alarm acknowledge"),
    )  # fmt: skip
    made.set_content("".join(f"{_in(language, row)}\n" for row in rows if row is not None))
    return made


def _subject(notice: Notice) -> str:
    """Short, for whoever sees no more than it."""
    station, alarm, line = one_line(notice.station), _named(notice), one_line(notice.line)
    match notice.event == "again", bool(notice.line):
        case False, False:
            return say("Openline {station}: {alarm}", station=station, alarm=alarm)
        case False, True:
            return say("Openline {station}: {alarm} on {line}", station=station, alarm=alarm, line=line)
        case True, False:
            return say("Openline {station}: {alarm}, again", station=station, alarm=alarm)
        case _:
            return say("Openline {station}: {alarm} on {line}, again", station=station, alarm=alarm, line=line)


def _named(notice: Notice) -> str:
    """An alarm as the subject of a mail names it: by its code in English, which filters of mail go by."""
    return NAMES.get(notice.alarm, notice.alarm)


def _in(language: str, text: str) -> str:
    """A text in a language. English needs no catalogue."""
    if language == "en":
        return text
    from openline.station import sentences, words  # only a station that speaks another language needs them

    return sentences.in_words(text, words.words(language))


def as_environment(notice: Notice, config_file: str, language: str = "en") -> Mapping[str, str]:
    """What a local program finds in its environment; `OPENLINE_STATION` is where the command line looks for the
    station, so that the program may acknowledge."""
    told = {
        "OPENLINE_EVENT": notice.event,
        "OPENLINE_ALARM": notice.alarm,
        "OPENLINE_LINE": one_line(notice.line),
        "OPENLINE_SINCE": iso(notice.since_s),
        "OPENLINE_PRIORITY": notice.priority,
        "OPENLINE_SIDE": one_line(notice.station),
        "OPENLINE_SAYS": says(notice, language),
    }
    return told | ({"OPENLINE_STATION": config_file} if config_file else {})


def one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def iso(time_s: int) -> str:
    try:
        return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return str(time_s)
