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

EVENTS: Final = ("begin", "repeat", "again", "acknowledged", "end", "test")
SAYS: Final = {
    "flash_unread": "a FLASH of theirs has not been opened",
    "call_ringing": "a call of theirs rings here",
    "check_in_missed": "a check-in that was due was not completed",
    "immediate_overdue": "an IMMEDIATE of theirs is past half its time and not answered",
    "peer_silent": "nothing comes from their station by any way",
    "heads_differ": "the two records have not agreed for five minutes",
    "clock_offset": "the two stations' clocks differ by more than two seconds",
    "test": "a test of how alarms reach people; nothing is wrong",
}


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


def as_json(notice: Notice) -> bytes:
    """The body of a POST."""
    plain = notice._asdict()
    plain["since"] = iso(plain.pop("since_s"))
    return json.dumps(plain, ensure_ascii=False).encode()


def as_mail(notice: Notice, mail: Mail) -> EmailMessage:
    """A mail, in plain text."""
    made = EmailMessage()
    again = ", again" if notice.event == "again" else ""
    on = f" on {one_line(notice.line)}" if notice.line else ""
    station = one_line(notice.station)
    made["From"], made["To"] = mail.sender, ", ".join(mail.to)
    made["Subject"] = f"Openline {station}: {notice.alarm}{on}{again}"
    made["Auto-Submitted"] = "auto-generated"  # so that no absence notice answers it
    rows = [
        f"{SAYS.get(notice.alarm, notice.alarm)}{again}.", "",
        f"alarm    {notice.alarm} ({notice.priority})",
        *([f"line     {one_line(notice.line)}"] if notice.line else []),
        f"since    {iso(notice.since_s)}",
        f"station  {station}, of the accord {one_line(notice.accord)}", "",
        "Acknowledge it at the station: openline alarm acknowledge",
    ]  # fmt: skip
    made.set_content("\n".join(rows) + "\n")
    return made


def as_environment(notice: Notice, config_file: str) -> Mapping[str, str]:
    """What a local program finds in its environment; `OPENLINE_STATION` is where the command line looks for the
    station, so that the program may acknowledge."""
    told = {
        "OPENLINE_EVENT": notice.event,
        "OPENLINE_ALARM": notice.alarm,
        "OPENLINE_LINE": one_line(notice.line),
        "OPENLINE_SINCE": iso(notice.since_s),
        "OPENLINE_PRIORITY": notice.priority,
        "OPENLINE_SIDE": one_line(notice.station),
    }
    return told | ({"OPENLINE_STATION": config_file} if config_file else {})


def one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def iso(time_s: int) -> str:
    try:
        return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return str(time_s)
