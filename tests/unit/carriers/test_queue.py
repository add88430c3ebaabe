"""What waits on one path: order, overtaking, replacement, bounds (spec 5.5, 5.2)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from openline.carriers.queue import Waiting
from openline.ports import Parcel


def taken(waiting: Waiting) -> list[bytes]:
    return [parcel.data for parcel in iter(waiting.take, None)]


def test_what_came_first_goes_first():
    """Parcels without a key keep their order."""
    waiting = Waiting()
    for data in (b"a", b"b", b"c"):
        waiting.put(Parcel(data))

    assert taken(waiting) == [b"a", b"b", b"c"]


def test_bulk_goes_when_nothing_else_waits():
    """Any message overtakes a part of pages."""
    waiting = Waiting()
    waiting.put(Parcel(b"part", bulk=True))
    waiting.put(Parcel(b"word"))

    assert waiting.take(bulk=False) == Parcel(b"word")
    assert waiting.take(bulk=False) is None
    assert taken(waiting) == [b"part"]


def test_a_newer_parcel_takes_the_place_of_an_older_one():
    """What waits under a key is replaced where it stands: a stale pulse is not sent, and nothing is put off."""
    waiting = Waiting()
    waiting.put(Parcel(b"old pulse", key=("pulse", 0)))
    waiting.put(Parcel(b"word"))
    waiting.put(Parcel(b"new pulse", key=("pulse", 0)))

    assert taken(waiting) == [b"new pulse", b"word"]
    assert waiting.bytes == 0


def test_what_finds_no_room_is_dropped_and_counted():
    """The bound is in bytes; what is there already stays."""
    waiting = Waiting(bytes_max=10)
    waiting.put(Parcel(bytes(6)))
    waiting.put(Parcel(bytes(5)))
    waiting.put(Parcel(bytes(4)))

    assert waiting.dropped == 1
    assert [len(data) for data in taken(waiting)] == [6, 4]


def test_parts_of_pages_take_no_messages_room():
    """A queue full of bulk takes a message all the same."""
    waiting = Waiting(bytes_max=10, bulk_bytes_max=10)
    for _ in range(3):
        waiting.put(Parcel(bytes(5), bulk=True))
    waiting.put(Parcel(b"word"))

    assert waiting.dropped == 1
    assert taken(waiting) == [b"word", bytes(5), bytes(5)]


def test_a_path_that_is_gone_keeps_nothing():
    """What waited is dropped: the record sends it again by a path that stands."""
    waiting = Waiting()
    waiting.put(Parcel(b"a"))
    waiting.put(Parcel(b"b", bulk=True))
    waiting.clear()

    assert (len(waiting), waiting.bytes, waiting.dropped) == (0, 0, 2)
    assert waiting.take() is None


@given(st.lists(st.tuples(st.binary(max_size=8), st.booleans(), st.sampled_from([None, "x", "y"])), max_size=40))
def test_bytes_are_what_waits_and_never_more_than_the_bound(puts):
    """Whatever is put in, the count of bytes is that of what can be taken out."""
    waiting = Waiting(bytes_max=24, bulk_bytes_max=8)
    for data, bulk, key in puts:
        waiting.put(Parcel(data, bulk=bulk, key=key))
        assert waiting.bytes <= 32

    held = waiting.bytes
    assert sum(len(data) for data in taken(waiting)) == held
