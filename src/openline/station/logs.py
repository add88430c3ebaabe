"""What a station says of itself: one event a line, with its fields; for programs as JSON, for people as text.

Rules of this file: names of events, lines, carriers and entries are told, and what somebody wrote to somebody never; an
event is one line, whatever words of a relay or of the other side it quotes; a log that cannot be written stops nothing.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from typing import Any, Final, cast

from openline.station.config import Log
from openline.station.notices import one_line

# Everything else is told as information.
LEVEL_OF: Final = {
    "strange": logging.WARNING, "damaged": logging.WARNING, "refused": logging.WARNING,
    "carrier_trouble": logging.WARNING, "clock_set": logging.WARNING,
    "storage_fault": logging.ERROR, "our_fault": logging.ERROR,
}  # fmt: skip
# What the other side or a stranger can cause is told so many times a minute: a flood must not fill our disk.
BOUNDED: Final = frozenset({"strange", "damaged", "carrier_trouble", "carrier_up", "carrier_down", "refused"})
PER_MINUTE: Final = 30
MINUTE_S: Final = 60

class Bounds:
    """How often each event may still be told in its minute."""

    def __init__(self) -> None:
        self._since_s: dict[str, float] = {}
        self._told: dict[str, int] = {}

    def left_out(self, event: str, now_s: float) -> int | None:
        """None where the event is to be left out now; else how many were left out before it."""
        if event not in BOUNDED:
            return 0
        if now_s - self._since_s.get(event, -MINUTE_S) >= MINUTE_S:
            over = max(self._told.get(event, 0) - PER_MINUTE, 0)
            self._since_s[event], self._told[event] = now_s, 1
            return over
        self._told[event] += 1
        return 0 if self._told[event] <= PER_MINUTE else None


class _File(WatchedFileHandler):
    """A file that may be moved away and is then begun anew; what it cannot take is lost."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is the library's
        with suppress(OSError):
            sys.stderr.write("the log file cannot be written\n")


class _Told(logging.LogRecord):
    """An event, with what our lines hold of it and nothing else: the rest costs as much as writing the line."""

    def __init__(self, event: str, level: int, fields: dict[str, Any]) -> None:
        self.msg, self.args = event, ()
        self.levelno, self.levelname = level, logging.getLevelName(level)
        self.created = time.time()
        self.fields = fields


class _Json(logging.Formatter):
    encode = json.JSONEncoder(ensure_ascii=False, default=str).encode  # `json.dumps` would make one for every line

    def format(self, record: logging.LogRecord) -> str:
        told = {"timestamp": _when(record), "level": record.levelname.lower(), "event": record.msg}
        return self.encode(told | cast(_Told, record).fields)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={one_line(str(value))}" for name, value in cast(_Told, record).fields.items())
        return f"{_when(record)} {record.levelname.lower():<8}{record.msg:<16} {fields}".rstrip()


class Saying:
    """Says an event and its fields where, how and from which level on the configuration wants it.

    Raises:
        OSError: the log file cannot be opened.
    """

    def __init__(self, config: Log) -> None:
        handler: logging.Handler = logging.StreamHandler(sys.stderr)
        if config.file is not None:
            handler = _File(config.file, encoding="utf-8")
        handler.setFormatter(_Json() if config.format == "json" else _Text())
        self._handler = handler
        self._least: int = getattr(logging, config.level.upper())
        self._bounds = Bounds()

    def __call__(self, event: str, **fields: Any) -> None:
        left_out = self._bounds.left_out(event, time.monotonic())
        if left_out is None:
            return
        if left_out:
            self._tell(event, {"left_out": left_out})
        self._tell(event, _without_empty(fields))

    def close(self) -> None:
        self._handler.close()

    def _tell(self, event: str, fields: dict[str, Any]) -> None:
        """Straight to the handler, for every message has a line: a logger would look through the stack for a caller
        that no line tells."""
        level = LEVEL_OF.get(event, logging.INFO)
        if level >= self._least:
            self._handler.handle(_Told(event, level, fields))


def _when(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def _without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", None)}
