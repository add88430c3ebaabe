"""TOML text read with the line of each key, and how a wrong value is repeated to who wrote it.

Rules of this file: any text gives a table or `NotToml`, which says the line; nothing here knows what the file is for.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from openline.station.toml_lines import Path, lines_of

DEPTH_MAX: Final = 64  # chosen: no file of ours nests deeper than five
SHOWN_MAX: Final = 60  # chosen: characters of a wrong value that a message repeats


class NotToml(ValueError):
    """Text that is no TOML 1.0: its line, from 1, and what the parser says."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


class Parsed(NamedTuple):
    """The root table, and the line of every path in it."""

    root: dict[str, Any]
    lines: Mapping[Path, int]


def parse(text: str) -> Parsed:
    """The document that `text` is.

    Raises:
        NotToml: it is none.
    """
    if text.startswith("\ufeff"):
        raise NotToml(1, "a byte order mark stands before the text: save the file as UTF-8 without one")
    try:
        text.encode()
        root = tomllib.loads(text)
        return Parsed(root, lines_of(text))
    except UnicodeEncodeError as error:
        raise NotToml(_line_at(text, error.start), "a character that is no Unicode text") from None
    except tomllib.TOMLDecodeError as error:
        raise NotToml(_line_told(text, str(error)), str(error)) from None
    except RecursionError:
        raise NotToml(_line_too_deep(text), "arrays or tables nest too deep") from None
    except ValueError:  # Python's own bound on the digits of a decimal number
        raise NotToml(_line_too_long(text), "a number has too many digits") from None


def shown(value: Any) -> str:
    """A value of the file as a message repeats it: as TOML would have it, cut if long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, int) and value.bit_length() > 64:
        return "a number past 64 bits"
    return on_one_line(f'"{value}"' if isinstance(value, str) else str(value))


def on_one_line(text: str) -> str:
    """Text from a file without what would move a cursor, cut if long."""
    cut = text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…"
    return "".join(x if x.isprintable() else "\N{REPLACEMENT CHARACTER}" for x in cut)


def _line_at(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _line_told(text: str, message: str) -> int:
    """The line in the parser's own message; without one the text ended too early."""
    told = re.search(r"at line ([0-9]+)", message)
    return int(told.group(1)) if told is not None else _line_at(text.rstrip(), len(text))


def _line_too_deep(text: str) -> int:
    """Where brackets first nest past `DEPTH_MAX`; brackets in strings count too, so it may say a line too early."""
    depth = 0
    for match in re.finditer(r"[][{}]", text):
        depth += 1 if match.group() in "[{" else -1
        if depth > DEPTH_MAX:
            return _line_at(text, match.start())
    return 1


def _line_too_long(text: str) -> int:
    longest = max(re.finditer(r"[0-9_]+", text), key=lambda match: len(match.group()), default=None)
    return _line_at(text, longest.start()) if longest is not None else 1
