"""Documents between two real stations by a slow line: messages are not kept waiting, and SIGKILL costs little (spec
5.5)."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from openline.station.api import types as t
from openline.station.api import types_items as items
from openline.station.api.held_pages import FOLDER
from openline.wire.accord import Carrier
from openline.wire.bodies import Document
from tests.console.officers import approved
from tests.integration.pairs import Pair, Station, free_port, make_pair

RATE_BYTES_S = 400_000
PAGES = random.Random(8).randbytes(64 * 1024 * 1024 if os.environ.get("OPENLINE_SOAK") else 4 * 1024 * 1024)
PATIENCE_S = 30 + 3 * len(PAGES) / RATE_BYTES_S
PROMPT_S = 1.5

pytestmark = pytest.mark.slow


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    port = free_port()
    rate = f"rate_bytes_s = {RATE_BYTES_S}\n"
    ends = f'connect = ["127.0.0.1:{port}"]\n{rate}', f'listen = "127.0.0.1:{port}"\n{rate}'
    made = make_pair(tmp_path, carriers=((Carrier(id="copper", latency_ms=1), *ends),))
    with made.through():
        yield made


def send(station: Station) -> t.Entry:
    kept = station.asking.post("/v1/pages", PAGES, dict[str, str])
    entry = station.draft(t.Document(line="liaison", title="maps", **kept)).entry
    assert entry is not None
    return entry


def receipt(station: Station, entry: t.Entry) -> str:
    """How far an item of ours got, as its own station has it."""
    item = station.asking.get("/v1/inbox/item", items.One, ref=entry.id).item
    assert item is not None
    return item.receipt


def read(station: Station, entry: t.Entry) -> bytes:
    pages: bytes = station.asking.get("/v1/inbox/pages", bytes, ref=entry.id)
    return pages


def parts_here(station: Station) -> int:
    """How many bytes of the pages lie in a station's store, by the size of its files."""
    return sum(path.stat().st_size for path in station.folder.glob("record.sqlite*"))


def test_messages_arrive_within_a_moment_while_a_document_is_on_its_way(pair):
    """Each way, from the sending to the other side's signed word."""
    entry, took = send(pair.north), list[float]()
    while receipt(pair.north, entry) == "recorded" and len(took) < 12:
        for station in pair.both:
            began = time.monotonic()
            message = station.message(f"number {len(took)}")
            station.wait_until(lambda station=station, message=message: receipt(station, message) == "delivered")
            took.append(time.monotonic() - began)

    assert len(took) >= 4, "the document was there before anything could be tried"
    assert max(took) < PROMPT_S
    pair.north.wait_until(lambda: receipt(pair.north, entry) == "delivered", PATIENCE_S)
    assert read(pair.south, entry) == PAGES


def test_a_document_survives_the_death_of_either_station(pair, counted):
    """SIGKILL of the receiver, then of the author, in the middle: it goes on with what is there."""
    before = parts_here(pair.south)
    entry = send(pair.north)
    for share, station in ((4, pair.south), (2, pair.north)):
        pair.north.wait_until(lambda share=share: parts_here(pair.south) - before > len(PAGES) // share, PATIENCE_S)
        station.kill()
        threading.Event().wait(0.2)  # the other side notices
        station.start()
    assert receipt(pair.north, entry) == "recorded", "it was there before anything was killed"

    pair.north.wait_until(lambda: receipt(pair.north, entry) == "delivered", PATIENCE_S)
    assert read(pair.south, entry) == PAGES
    counted(len(PAGES), "bytes of a document through two deaths")


def test_pages_that_wait_for_two_officers_survive_a_death(tmp_path: Path):
    """The draft is there after SIGKILL, and so are its pages: it is released, and they arrive; then nothing waits."""
    pair = make_pair(tmp_path, two_person=(Document.kind,))
    with pair.through():
        north, pages = pair.north, PAGES[:100_000]
        kept = north.asking.post("/v1/pages", pages, dict[str, str])
        north.draft(t.Document(line="liaison", title="maps", **kept))
        north.kill()
        north.start()
        [drafted] = north.asking.get("/v1/drafts", tuple[t.Drafted, ...])
        entry = approved(north, drafted)
        north.wait_until(lambda: receipt(north, entry) == "delivered")
        assert read(pair.south, entry) == pages
        assert [*(north.folder / FOLDER).iterdir()] == []
