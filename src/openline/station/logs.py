"""What a station says of itself: one event a line, with its fields; for programs as JSON, for people as text.

Rules of this file: names of events, lines, carriers and entries are told, and what somebody wrote to somebody never; a
log that cannot be written stops no line.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from typing import Any, Final

from openline.station.config import Log

# Everything else is told as information.
LEVEL_OF: Final = {
    "strange": logging.WARNING, "damaged": logging.WARNING, "refused": logging.WARNING,
    "carrier_trouble": logging.WARNING, "clock_set": logging.WARNING,
    "storage_fault": logging.ERROR, "our_fault": logging.ERROR,
}  # fmt: skip
FIELDS: Final = "fields"

Say = Callable[..., None]


class _File(WatchedFileHandler):
    """A file that may be moved away and is then begun anew; what it cannot take is lost."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is the library's
        with suppress(OSError):
            sys.stderr.write("the log file cannot be written\n")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told = {"timestamp": _when(record), "level": record.levelname.lower(), "event": record.getMessage()}
        return json.dumps({**told, **getattr(record, FIELDS)}, ensure_ascii=False, default=str)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={value}" for name, value in getattr(record, FIELDS).items())
        return f"{_when(record)} {record.levelname.lower():<8}{record.getMessage():<16} {fields}".rstrip()


def log_to(config: Log) -> Say:
    """A function that says an event and its fields where, how and from which level on the configuration wants it.

    Raises:
        OSError: the log file cannot be opened.
    """
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if config.file is not None:
        handler = _File(config.file, encoding="utf-8")
    handler.setFormatter(_Json() if config.format == "json" else _Text())
    log = logging.Logger("openline", config.level.upper())  # its own, so that no library's messages come among ours
    log.addHandler(handler)

    def say(event: str, **fields: Any) -> None:
        log.log(LEVEL_OF.get(event, logging.INFO), event, extra={FIELDS: _without_empty(fields)})

    return say


def _when(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", None)}
