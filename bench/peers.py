"""What people would install instead, measured on this machine in this run: `make bench PEERS=1`.

Rules of this file: the peers' harness lies outside this repository (PEERS=1 is ../shared/peers, PEERS=DIR another
folder) and installs what it needs, as root; it is copied before it runs, for it writes beside itself. A peer that does
not run is a row that says so, never a figure.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.rows import ROOT, Row, row

PEERS: Final = ("nats", "xmpp", "matrix")
WORK: Final = ROOT / "build" / "peers"
# key of ours → where a peer's result has the same figure
SAME: Final = {
    "latency_p50_ms": ("latency_ms", "A_knows", "p50"),
    "throughput_per_s": ("throughput", "per_s"),
    "wire_bytes": ("wire_one_at_a_time", "bytes_per_msg"),
    "catch_up_1000_s": ("catch_up", "last_s"),
    "idle_mib": ("pss_idle_MiB", "A"),
}


def asked() -> Path | None:
    """The folder of the peers' harness, if the run is to have them."""
    given = os.environ.get("PEERS", "")
    if not given:
        return None
    return ROOT.parent / "shared" / "peers" if given == "1" else Path(given)


def rows(ours: dict[str, Row], harness: Path) -> dict[str, Row]:
    """Each peer's figure and how many times ours it is."""
    made: dict[str, Row] = {}
    shutil.copytree(harness, WORK, dirs_exist_ok=True)
    for path in [WORK, *WORK.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)
    for peer in PEERS:
        print(f"measuring the peer {peer} …", file=sys.stderr, flush=True)
        made |= dict(_compared(peer, _result(peer), ours))
    return made


def _result(peer: str) -> dict[str, Any] | None:
    before = set(WORK.glob("results/*.json"))
    done = subprocess.run(["sh", "run.sh", peer, "--short"], cwd=WORK, stdout=sys.stderr, check=False)
    new = sorted(set(WORK.glob("results/*.json")) - before)
    if done.returncode or not new:
        return None
    found: dict[str, Any] = json.loads(new[-1].read_text())
    return found


def _compared(peer: str, result: dict[str, Any] | None, ours: dict[str, Row]) -> Iterator[tuple[str, Row]]:
    for key, path in SAME.items():
        value: Any = result
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        mine = ours.get(key)
        if not isinstance(value, int | float) or mine is None or not mine["value"]:
            yield f"{peer}_{key}", row(None, "", None, None, 0, f"{peer} did not run or has no such figure")
        else:
            ratio = value / mine["value"]
            yield f"{peer}_{key}", row(value, mine["unit"], None, None, 1, f"{ratio:.2f} × ours")
