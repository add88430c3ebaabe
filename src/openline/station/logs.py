"""What a station says of itself: one event a line, with its fields; for programs as JSON, for people as text.

Rules of this file: names of events, lines, carriers and entries are told, and what somebody wrote to somebody never; a
log that cannot be written stops no line.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from logging.handlers import WatchedFileHandler
from typing import Any, Final

import structlog

from openline.station.config import Log

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
# Everything else is told as information.
LEVEL_OF: Final = {
    "strange": 30, "damaged": 30, "refused": 30, "carrier_trouble": 30, "clock_set": 30,
    "storage_fault": 40, "our_fault": 40, "turn": 10,
}  # fmt: skip

Say = Callable[..., None]


class _Handler(WatchedFileHandler):
    """A file that may be moved away and is then begun anew; what it cannot take is lost."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is the library's
        with suppress(OSError):
            sys.stderr.write("the log file cannot be written\n")


def log_to(config: Log) -> Say:
    """A function that says an event and its fields where, how and from which level on the configuration wants it.

    Raises:
        OSError: the log file cannot be opened.
    """
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if config.file is not None:
        handler = _Handler(config.file, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(message)s"))
    sink = logging.Logger("openline", logging.DEBUG)  # its own, so that no library's messages come among ours
    sink.addHandler(handler)
    render: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if config.format == "text":
        render = structlog.dev.ConsoleRenderer(colors=config.file is None and sys.stderr.isatty())
    wrapped = structlog.wrap_logger(
        sink,
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[config.level]),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_empty,
            render,
        ],
    )

    def say(event: str, **fields: Any) -> None:
        wrapped.log(LEVEL_OF.get(event, 20), event, **fields)

    return say


def _without_empty(_logger: object, _method: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {name: value for name, value in fields.items() if value != ""}
