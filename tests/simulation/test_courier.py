"""A line that has nothing but a courier: two whole stations, and between them files in a folder or codes on paper."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from openline.carriers import courier, qr, scan
from openline.carriers.courier import read_load, write_load
from openline.core import receipts
from openline.core.receipts import Reached
from openline.station.commands import SendDocument, SendMessage
from tests.simulation.pair import Pair, Parcel

Way = Callable[[list[bytes], Path], list[bytes]]


def by_stick(bundles: list[bytes], folder: Path) -> list[bytes]:
    write_load(folder, bundles)
    return list(read_load(folder).bundles())


def by_paper(bundles: list[bytes], folder: Path) -> list[bytes]:
    """Packed to a stick, printed, photographed, and put together again at the other side."""
    write_load(folder, bundles)
    images = []
    for number, file in enumerate(read_load(folder).files()):
        for code in qr.divided(file):
            images.append(folder / f"{number}-{code.name}.png")
            images[-1].write_bytes(qr.png(code.content))
    scanned = scan.scan(reversed(images))
    assert not scanned.incomplete
    courier.write_files(folder / "scanned", scanned.files, len(scanned.files))
    return list(read_load(folder / "scanned").bundles())


@pytest.fixture
def pair() -> Pair:
    """Two stations that have spoken, and that nothing but a courier connects from now on."""
    pair = Pair()
    pair.settle()
    for carrier in sorted(pair.up):
        pair.set_up(carrier, False)
    return pair


def packed(pair: Pair, sender: int) -> list[bytes]:
    node, bundles = pair.nodes[sender], list[bytes]()
    node.turn(lambda: bundles.extend(node.running.pack(node.now)))
    pair.flight.clear()
    return bundles


def bring(pair: Pair, to: int, bundles: Iterable[bytes]) -> None:
    for data in bundles:
        pair.deliver(Parcel(to, pair.courier, data))
    pair.flight.clear()


@pytest.mark.parametrize("way", [by_stick, by_paper], ids=["a stick", "codes on paper"])
def test_a_message_and_its_acknowledgement_go_by_courier(pair: Pair, way: Way, tmp_path: Path) -> None:
    """What one side packs the other imports; what comes back holds the signed receipt, and then both are at rest."""
    north, south = pair.nodes
    sent = north.enact(SendMessage(line=0, text="The road is open."))
    bring(pair, 1, way(packed(pair, 0), tmp_path / "there"))
    assert south.holds(sent.place, sent.id)
    bring(pair, 0, way(packed(pair, 1), tmp_path / "back"))
    assert receipts.reached(north.ledger, north.ledger.items[sent.id]) == Reached.DELIVERED
    bring(pair, 1, way(packed(pair, 0), tmp_path / "again"))
    assert pair.equal()


def test_several_loads_on_one_stick_in_any_state_are_harmless(pair: Pair, tmp_path: Path) -> None:
    """The stick has a load of yesterday, today's, one file of it damaged, and is imported twice: what is whole is
    taken in once, and what was lost comes with the next round."""
    north, south = pair.nodes
    sent = [north.enact(SendMessage(line=0, text="Number 0"))]
    write_load(tmp_path, packed(pair, 0))
    sent += [north.enact(SendMessage(line=0, text=f"Number {n}")) for n in range(1, 80)]
    write_load(tmp_path, packed(pair, 0))
    pages = os.urandom(5_000_000)
    sent.append(north.enact(SendDocument(line=0, title="map", pages=pages), pages=pages))
    write_load(tmp_path, packed(pair, 0))
    read = read_load(tmp_path)
    spoilt = tmp_path / max(read.loads, key=lambda x: x.total).files[0].name
    spoilt.write_bytes(spoilt.read_bytes()[:-1])

    for _ in range(2):
        read = read_load(tmp_path)
        assert [x.name for x in read.findings] == [spoilt.name]
        bring(pair, 1, read.bundles())
    assert all(south.holds(x.place, x.id) for x in sent[:-1])
    assert south.record.length(0, 0) == north.record.length(0, 0) - 1

    for sender, folder in ((1, "back"), (0, "there"), (1, "back again"), (0, "rest")):
        bring(pair, 1 - sender, by_stick(packed(pair, sender), tmp_path / folder))
    assert pair.equal()
    assert receipts.reached(north.ledger, north.ledger.items[sent[-1].id]) == Reached.DELIVERED


def test_files_in_any_order_give_the_same_record(pair: Pair, tmp_path: Path) -> None:
    """The order in which bundles come off a stick changes nothing."""
    north, south = pair.nodes
    for n in range(100):
        north.enact(SendMessage(line=0, text=f"Number {n}"))
    bring(pair, 1, reversed(by_stick(packed(pair, 0), tmp_path)))
    assert south.record.heads()[0] == north.record.heads()[0]
