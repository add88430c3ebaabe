"""`python -m bench [--quick]`: the table on screen, and bench/results.json. FULL=1 goes to 1,000,000 entries; PEERS=1
runs what people would install instead, too."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from bench import console, live, peers, rows


def main(arguments: list[str]) -> int:
    full, quick = bool(os.environ.get("FULL")), "--quick" in arguments
    parts: list[tuple[str, Callable[[], dict[str, rows.Row]]]] = [
        ("floors", rows.floors_now),
        ("sizes", rows.sizes),
        ("catch-up", lambda: rows.catch_up(5_000 if quick else 100_000, 1 if quick else 5)),
        ("two stations", lambda: live.rows(quick)),
        ("console", lambda: console.rows(quick)),
        ("play", lambda: rows.play(1 if quick else 5)),
        ("audit", lambda: rows.audit(2_000 if quick else 1_000_000 if full else 200_000)),
    ]
    if full:
        parts.append(("flatness", lambda: rows.flatness((10_000, 100_000, 1_000_000))))
    results: dict[str, Any] = {}
    for name, part in parts:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        results |= part()
    if (harness := peers.asked()) is not None:
        results |= peers.rows(results, harness)
    for key, value in results.items():
        print(f"{key:28} {line(value)}")
    with open("bench/results.json", "w", encoding="utf-8") as out:
        json.dump(results, out, indent=1, ensure_ascii=False)
        out.write("\n")
    return 0


def line(value: rows.Row) -> str:
    if value["value"] is None:
        return f"{'–':>10}      {value.get('note', '')}"
    text = f"{value['value']:>10} {value['unit']:4}"
    if value["target"] is not None:
        text += f" must reach {value['target']}"
    if value["floor"]:
        text += f"; floor {value['floor']} (×{value['value'] / value['floor']:.2f})"
    return text + (f"; {value['note']}" if "note" in value else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
