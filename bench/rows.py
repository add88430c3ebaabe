"""The figures, one function for a row or two."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from bench import floors, making
from openline.core.record import Record
from openline.core.sync import HeadFirst
from openline.keys import sealing
from openline.keys.entropy import SeededEntropy
from openline.ports import PutEntry, Write
from openline.store import open_store
from openline.wire.bodies import Message
from openline.wire.bundle import Payload, encode_payload
from openline.wire.entry import encode_core
from openline.wire.export import write_export
from openline.wire.terms import Head

Row = dict[str, Any]
COMMIT_ENTRIES = 1_000
WORKERS = 2  # processes: while one decodes, the other verifies, and no lock is shared
ROOT = Path(__file__).resolve().parent.parent


def row(value: float | None, unit: str, target: float | None, floor: float | None, n: int, note: str = "") -> Row:
    made: Row = {"value": value, "unit": unit, "target": target, "floor": floor, "n": n}
    return made | ({"note": note} if note else {})


def sizes() -> dict[str, Row]:
    """A 128-byte text as an entry with a new acknowledgement, and as a follower bundle."""
    body = Message(line=1, number=700, text="x" * 128)
    core = encode_core(0, 0, 60_000, bytes(32), Head(0, 60_000, bytes(32)), making.FOUNDED_S, body)
    entry = core + bytes(64)
    epoch = sealing.new_epoch(SeededEntropy(b"epoch"))
    noise = SeededEntropy(b"noise").bytes(len(entry))  # what does not deflate, as ids and signatures do not
    padded = encode_payload(Payload(entries=(noise,)))
    follower = sealing.seal_follower(padded, epoch=epoch, psk=bytes(32), accord_id=bytes(32), sender=0, rnd=bytes(8))
    return {
        "entry_bytes": row(len(entry), "B", 290, None, 1),
        "follower_bytes": row(len(follower), "B", 345, None, 1),
    }


def catch_up(count: int, runs: int) -> dict[str, Row]:
    """`count` waiting entries of one chain: usable head-first; then every signature checked, every body decoded and
    folded, all stored with FULL sync. Median of `runs`; both times count from the same start."""
    signed, keys = making.accord()
    data = list(making.chain(signed, keys[1], 1, count))
    usable, verified = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(dir=ROOT) as folder:
            first, whole = _one_catch_up(signed, data, Path(folder))
        usable.append(first)
        verified.append(whole)
    floor = floors.ed25519_verify_us() * count / 1e6
    scale = count / 100_000
    return {
        "usable_100k_s": row(round(floors.median(usable) / scale, 3), "s", 1.5, None, count, spread(usable)),
        "verified_100k_s": row(
            round(floors.median(verified) / scale, 3),
            "s",
            5,
            round(floor / scale / WORKERS, 3),
            count,
            spread(verified),
        ),
    }


def _one_catch_up(signed: Any, data: list[bytes], folder: Path) -> tuple[float, float]:
    record = Record(signed)
    store = open_store(str(folder / "record.sqlite"))
    started = time.perf_counter()
    arriving = HeadFirst(record, 1)
    arriving.extend(data)
    arriving.usable()
    usable = time.perf_counter() - started
    writes: list[Write] = []

    def append(entry: Any, after: Any) -> None:
        record.append(entry, after)
        writes.append(PutEntry(entry.place, entry.id, entry.data, 0))
        if len(writes) >= COMMIT_ENTRIES:
            store.commit(writes)
            writes.clear()

    with ProcessPoolExecutor(WORKERS) as pool:
        arriving.finish(append, pool.map)
    store.commit(writes)
    whole = time.perf_counter() - started
    store.close()
    return usable, whole


def flatness(counts: tuple[int, ...]) -> dict[str, Row]:
    """Cost of one entry, verified and stored, as the record grows."""
    made = {}
    for count in counts:
        rows = catch_up(count, 1)
        per_entry = rows["verified_100k_s"]["value"] / 100_000 * 1e6
        made[f"entry_cost_{count}_us"] = row(round(per_entry, 1), "µs", None, None, count)
    return made


def audit(count: int) -> dict[str, Row]:
    """An export of `count` entries audited by the command, in a process of its own."""
    signed, keys = making.accord()
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        path = Path(folder) / "big.openline"
        with path.open("wb") as out:
            write_export(out, signed, 0, making.chain(signed, keys[0], 0, count), [], keys[0].station.station, 0)
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", _AUDIT, str(path)], capture_output=True, text=True, check=True, cwd=ROOT
        )
        took = time.perf_counter() - started
    peak = int(done.stdout) / 1024
    return {
        f"audit_{count}_s": row(round(took, 1), "s", None, None, count),
        f"audit_{count}_mib": row(round(peak, 1), "MiB", 200, None, count),
    }


_AUDIT = """
import resource, sys
from openline.audit.check import audit
with open(sys.argv[1], "rb") as file:
    assert str(audit(file).kind) == "verifies"
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def play(runs: int) -> dict[str, Row]:
    """The sixteen months of the story through the command."""
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "openline", "play", str(ROOT / "scenarios" / "2021-07-27.toml"), "--json"],
            stdout=subprocess.DEVNULL,
            check=True,
        )
        times.append(time.perf_counter() - started)
    return {"play_16_months_s": row(round(floors.median(times), 2), "s", 15, None, runs, spread(times))}


def spread(values: list[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f} in {len(values)} runs"


def floors_now() -> dict[str, Row]:
    return {
        "floor_fsync_ms": row(round(floors.fsync_ms(), 3), "ms", None, None, 100),
        "floor_sqlite_commit_ms": row(round(floors.sqlite_commit_ms(), 3), "ms", None, None, 100),
        "floor_ed25519_verify_us": row(round(floors.ed25519_verify_us(), 1), "µs", None, None, 2_000),
    }
