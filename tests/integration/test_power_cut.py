"""A power cut under load: the disk holds what was synced, and of the rest here a block and there none. Nothing that a
station acknowledged is lost, and no chain of one's own forks."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from openline.audit.compare import compare
from openline.audit.verdict import Kind
from tests.integration.pairs import Pair, Station, make_pair
from tests.integration.records import Writer, audited, export, texts

CUTS = 100 if os.environ.get("OPENLINE_SOAK") else 8
BLOCK_BYTES = 4096
SOURCE = Path(__file__).with_name("powercut.c")
SEED = int.from_bytes(os.urandom(4), "big")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here to build the layer (Debian: gcc)"),
]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Two stations whose syncs leave copies of what is durable."""
    layer = tmp_path / "powercut.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", layer, SOURCE, "-ldl"], check=True)
    made = make_pair(tmp_path)
    for station in made.both:
        keep = station.folder / "durable"
        keep.mkdir()
        for file in station.folder.glob("record.sqlite*"):
            shutil.copy(file, keep)  # made by another process, which synced it
        station.environment = {
            "LD_PRELOAD": str(layer),
            "POWERCUT_OF": str(station.folder),
            "POWERCUT_KEEP": str(keep),
        }
    yield made
    made.stop()


def cut(station: Station, chance: random.Random) -> None:
    """The power fails: the process is gone, and of each file of the store what was synced is there; of what was
    written since, each block may be or not."""
    station.kill()
    keep = station.folder / "durable"
    for file in station.folder.glob("record.sqlite*"):
        if file.name.endswith((".lock", "-shm")):
            continue
        synced = keep / file.name
        durable = synced.read_bytes() if synced.exists() else b""
        file.write_bytes(torn(durable, file.read_bytes(), chance))
    for gone in station.folder.glob("record.sqlite-shm"):
        gone.unlink()
    for file in station.folder.glob("record.sqlite*"):
        if not file.name.endswith(".lock"):
            shutil.copy(file, keep)  # what survived is what the disk holds now


def torn(durable: bytes, written: bytes, chance: random.Random) -> bytes:
    """`durable`, with some blocks as they were written later and not synced."""
    if chance.random() < 0.3:
        return durable
    found = bytearray(durable)
    for start in range(0, len(written), BLOCK_BYTES):
        block = written[start : start + BLOCK_BYTES]
        if block != durable[start : start + BLOCK_BYTES] and chance.random() < 0.5:
            found.extend(bytes(max(start + len(block) - len(found), 0)))
            found[start : start + len(block)] = block
    return bytes(found)


def test_the_power_fails_again_and_again(pair, counted):
    """Either station loses its power at random moments while both are written to. At the end both hold the same
    record, it verifies, and every message that a station said it recorded is in it once."""
    chance = random.Random(SEED)
    writers = [Writer(station, station.name) for station in pair.both]
    try:
        pair.start()
        for writer in writers:
            writer.start()
        for _ in range(CUTS):
            station = chance.choice(pair.both)
            threading.Event().wait(chance.uniform(0.1, 0.6))
            cut(station, chance)
            station.start()
        for writer in writers:
            station = writer.station
            station.wait_until(lambda writer=writer: len(writer.recorded) > 0)  # type: ignore[misc]
    finally:
        for writer in writers:
            writer.over.set()
            writer.join(60)
    pair.wait_equal()
    for station in pair.both:
        assert station.stop() == 0
    audits = [audited(export(station)) for station in pair.both]
    assert [audit.verdict.kind for audit in audits] == [Kind.VERIFIES, Kind.VERIFIES], f"seed {SEED}"
    assert compare(*audits).heads_agree
    held = texts(pair.north)
    for writer in writers:
        for identity, text in writer.recorded.items():
            assert held.get(identity) == text, f"{text} was lost; seed {SEED}"
    assert len(set(held.values())) == len(held), f"a message came twice; seed {SEED}"
    counted(CUTS, "power cuts")
    counted(sum(len(writer.recorded) for writer in writers), "messages acknowledged, none lost")


def test_the_layer_loses_what_was_not_synced(tmp_path):
    """The layer itself: a synced file is kept as it was at the sync, one that was not is not kept."""
    layer, keep, of = tmp_path / "powercut.so", tmp_path / "keep", tmp_path / "of"
    keep.mkdir()
    of.mkdir()
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", layer, SOURCE, "-ldl"], check=True)
    program = (
        "import os, sys; f = open(sys.argv[1] + '/a', 'wb', 0); f.write(b'synced'); os.fsync(f.fileno()); "
        "f.write(b' and not'); open(sys.argv[1] + '/b', 'wb', 0).write(b'never')"
    )
    environment = {**os.environ, "LD_PRELOAD": str(layer), "POWERCUT_OF": str(of), "POWERCUT_KEEP": str(keep)}
    subprocess.run(["python3", "-c", program, str(of)], check=True, env=environment)

    assert (of / "a").read_bytes() == b"synced and not"
    assert {file.name: file.read_bytes() for file in keep.iterdir()} == {"a": b"synced"}
