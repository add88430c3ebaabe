"""`python tools/station_page.py` writes what docs/ says of a station's configuration from the types that read it: the
tables of docs/station.md and docs/station.schema.json.

Rules of this file: prose is written by hand and left alone; only what stands between `<!-- made: … -->` and
`<!-- end -->` is made, one table of keys for each table of the file.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

ROOT: Final = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src")]

from openline.station import config  # noqa: E402
from openline.station.config_reading import allowed_text, description  # noqa: E402

PAGE: Final = ROOT / "docs/station.md"
SCHEMA: Final = ROOT / "docs/station.schema.json"
BLOCK: Final = re.compile(r"(<!-- made: ([\w.]+) -->\n).*?(<!-- end -->)", re.DOTALL)
TABLES: Final[dict[str, type[msgspec.Struct]]] = {
    "station": config.Station,
    "api": config.Api,
    "metrics": config.Metrics,
    "log": config.Log,
    "probes": config.Probes,
    "carrier": config.Carrier,
    "alarm": config.Alarm,
    "alarm.mail": config.Mail,
    "drill": config.Drill,
    "voice": config.Voice,
}


class Key(NamedTuple):
    """A key of the file as the page shows it."""

    key: str
    allowed: str
    default: str
    meaning: str


def keys(table: type[msgspec.Struct]) -> list[Key]:
    return [
        Key(x.encode_name, allowed_text(x.type), _default(x), description(x.type))
        for x in msgspec.structs.fields(table)
    ]


def _default(field: Any) -> str:
    if field.required:
        return "**must be there**"
    value = msgspec.to_builtins(field.default)
    if value is None or value == () or isinstance(value, dict):
        return "none"
    return f"`{json.dumps(value)}`"


def page(text: str) -> str:
    """The page with its tables made anew."""
    return BLOCK.sub(lambda found: found[1] + _table(TABLES[found[2]]) + found[3], text)


def _table(table: type[msgspec.Struct]) -> str:
    rows = [f"| `{x.key}` | {x.meaning} | {x.allowed} | {x.default} |\n" for x in keys(table)]
    return "\n| key | meaning | allowed | default |\n|---|---|---|---|\n" + "".join(rows) + "\n"


def schema() -> str:
    return json.dumps(config.json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
    SCHEMA.write_text(schema())
