"""What goes over a thin line, in bytes: measured on real stations, and held to what is promised (spec 9.2)."""

from __future__ import annotations

import re

import pytest

from openline.station.commands import CutLines, SendMessage
from openline.wire.bodies import Message
from openline.wire.entry import encode_core
from openline.wire.terms import Head
from tests.simulation.pair import Pair
from tools import spec_examples

TEXT = "The other side is asked to confirm by noon that the two boats seen west of the line at dawn are fishing boats."
ENTRY_BYTES_MAX = 290
FOLLOWER_BYTES_MAX = 345
SIGNATURE_BYTES = 64


@pytest.fixture
def pair() -> Pair:
    """Two stations that have long spoken, so that followers are in use."""
    pair = Pair()
    pair.settle()
    for node in pair.nodes:
        node.enact(SendMessage(line=0, text="Good morning."))
        pair.settle()
    return pair


def padded(text: str, size: int) -> str:
    return text[:size].ljust(size, ".")


def test_a_short_message_is_a_short_entry() -> None:
    """128 bytes of text, far into both chains and with a new acknowledgement: at most 290 bytes, signature included."""
    body = Message(number=137, text=padded(TEXT, 128))
    core = encode_core(1, 0, 41_233, bytes(32), Head(0, 41_234, bytes(32)), 1_627_354_800, body)
    assert len(core) + SIGNATURE_BYTES <= ENTRY_BYTES_MAX


def test_the_bundle_that_carries_it_is_short_too(pair: Pair) -> None:
    """What a station hands to its carrier for that message, sealed and padded: at most 345 bytes."""
    entry = pair.nodes[1].enact(SendMessage(line=0, text=padded(TEXT, 128)))
    assert len(entry.data) <= ENTRY_BYTES_MAX
    assert [len(parcel.data) <= FOLLOWER_BYTES_MAX for parcel in pair.flight] == [True]


def test_a_message_on_the_wire_all_told(pair: Pair) -> None:
    """300 bytes of text: with every bundle either side sends because of it, at most 1,000 bytes."""
    sent = 0
    pair.nodes[1].enact(SendMessage(line=0, text=padded(TEXT, 300)))
    while pair.flight:
        sent += len(pair.flight[0].data)
        pair.deliver(pair.flight.pop(0))
    assert sent <= 1_000


def test_a_suspension_is_on_its_way_within_two_seconds_at_2400_bit(pair: Pair) -> None:
    """All lines, a reason, two officers' signatures, in one bundle of at most 600 bytes."""
    pair.nodes[0].enact(CutLines(lines=None, reason="leaflets over the line"))
    assert len(pair.flight[0].data) <= 600


def test_the_table_of_sizes() -> None:
    """The table of spec 9.2, made now; what it says of the two promised sizes holds."""
    table = spec_examples.sizes()
    print(f"\n{table}")
    rows = dict(re.findall(r"^\| (.+?) \| ([\d,]+) \|", table, re.MULTILINE))
    size = {name: int(count.replace(",", "")) for name, count in rows.items()}
    assert size["entry: message, 128 B of English, new acknowledgement"] <= ENTRY_BYTES_MAX
    assert size["follower with that message"] <= FOLLOWER_BYTES_MAX
