"""What every store promises (`ports.Store`), whatever it is made of.

A subclass names its store in a fixture `opened`: a function that opens the one store of this test, again each time it
is called, so that a test can leave a handle as a crash leaves it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from openline.ports import DropStray, Kept, PutEntry, PutMeta, PutPart, PutStray, Rebranch, Store, Write
from openline.store import open_store
from openline.store.copying import contents
from openline.store.rules import NUMBER_MAX
from openline.wire.entry import Place, entry_id
from openline.wire.errors import Misuse, OurFault, StorageFault
from tests.unit.store.build import kept, put, stray

Open = Callable[[], Store]

REFUSED: dict[str, Write] = {
    "a place that is taken": put(0, what="another"),
    "an id that is not its own": PutEntry(Place(0, 0, 9), bytes(32), b"entry", 1),
    "a stray under an id that is not its own": PutStray(Place(1, 0, 9), bytes(32), b"stray", 1),
    "a seq beyond order": put(NUMBER_MAX + 1),
    "a generation beyond order": put(0, gen=NUMBER_MAX + 1),
    "a name that is not printable": PutMeta("a\0b", b""),
    "a part before the first": PutPart(bytes(32), -1, b""),
}


def everything(store: Store) -> tuple[object, ...]:
    """All that a store can be asked, for comparing before with after."""
    chains = {head: store.entries(*head, 0, 1000) for head in store.heads()}
    return list(store.replay()), store.strays(), chains, store.heads(), store.count(), store.metas("")


class Conformance:
    @pytest.fixture
    def store(self, opened: Open) -> Store:
        return opened()

    # --- entries ---

    def test_empty(self, store: Store) -> None:
        """A new store holds nothing, and says so without failing."""
        assert everything(store) == ([], [], {}, {}, 0, {})
        assert store.entries(0, 0, 0, 10) == []
        assert store.entry(bytes(32)) is None
        assert store.meta("accord") is None
        assert store.parts(bytes(32)) == []
        assert store.part(bytes(32), 0) is None

    def test_is_a_store(self, store: Store) -> None:
        """It has every method of the port."""
        assert isinstance(store, Store)

    def test_gives_back_what_was_put(self, store: Store) -> None:
        """An entry comes back byte for byte, by chain and by id, with the time at which it was received."""
        data = bytes(range(256)) * 160
        entry = PutEntry(Place(1, 3, 7), entry_id(data), data, 1_799_999_999_999)

        store.commit([entry])

        assert store.entry(entry.id) == kept(entry)
        assert store.entries(1, 3, 0, 10) == [kept(entry)]
        assert [type(value) for value in store.entries(1, 3, 0, 10)[0]] == [Place, bytes, bytes, int]

    def test_entry_without_bytes(self, store: Store) -> None:
        """No bytes are bytes too: an empty value is not the absence of one."""
        store.commit([PutEntry(Place(0, 0, 0), entry_id(b""), b"", 0), PutMeta("empty", b""), PutPart(b"d", 0, b"")])

        assert store.entry(entry_id(b"")) == Kept(Place(0, 0, 0), entry_id(b""), b"", 0)
        assert store.meta("empty") == b""
        assert store.part(b"d", 0) == b""

    def test_entries_of_one_chain(self, store: Store) -> None:
        """A chain is read in order of seq, from a seq, at most so many, and without another chain's entries."""
        store.commit([put(seq) for seq in (3, 1, 2, 0)] + [put(seq, side=1) for seq in range(4)] + [put(9, gen=1)])

        assert store.entries(0, 0, 0, 10) == [kept(put(seq)) for seq in range(4)]
        assert store.entries(0, 0, 1, 2) == [kept(put(1)), kept(put(2))]
        assert store.entries(0, 0, 4, 10) == []
        assert store.entries(0, 0, 0, 0) == []
        assert store.entries(0, 1, 0, 10) == [kept(put(9, gen=1))]

    def test_replay_is_by_arrival(self, store: Store) -> None:
        """Replay gives entries in the order in which they were put, across chains and commits."""
        arrivals = [put(1), put(0, side=1), put(0), put(1, side=1), put(0, gen=1)]
        for entry in arrivals:
            store.commit([entry])

        assert list(store.replay()) == [kept(entry) for entry in arrivals]

    def test_replay_of_more_than_a_page(self, store: Store) -> None:
        """Replay misses and repeats nothing where one read of the database ends and the next begins."""
        arrivals = [put(seq) for seq in range(2001)]
        store.commit(arrivals)

        assert list(store.replay()) == [kept(entry) for entry in arrivals]

    def test_replay_while_others_write(self, store: Store) -> None:
        """A replay under way is not disturbed by a commit, nor a commit by it."""
        store.commit([put(seq) for seq in range(3)])
        replay = store.replay()
        first = next(replay)

        store.commit([put(3)])

        assert [first, *replay][:3] == [kept(put(seq)) for seq in range(3)]

    def test_heads_and_count(self, store: Store) -> None:
        """A head is the entry of highest seq in its chain and generation; gaps and strays do not count."""
        store.commit([put(0), put(5), put(2), put(0, gen=2), put(1, side=1), stray(8)])

        assert store.heads() == {(0, 0): Place(0, 0, 5), (0, 2): Place(0, 2, 0), (1, 0): Place(1, 0, 1)}
        assert store.count() == 5

    def test_widest_place(self, store: Store) -> None:
        """The widest numbers that can be kept in order are kept."""
        entry = put(NUMBER_MAX, gen=NUMBER_MAX, side=1)

        store.commit([entry])

        assert store.heads() == {(1, NUMBER_MAX): entry.place}
        assert store.entries(1, NUMBER_MAX, NUMBER_MAX, 1) == [kept(entry)]

    # --- all or none ---

    @pytest.mark.parametrize("write", REFUSED.values(), ids=REFUSED.keys())
    def test_refused_batch_leaves_no_trace(self, opened: Open, write: Write) -> None:
        """A write that fails takes all of its batch with it: what came before it too, and after a restart too."""
        store = opened()
        store.commit([put(0), put(1), put(2), stray(0), PutMeta("mode", b"absent")])
        before = everything(store)
        batch: list[Write] = [
            PutMeta("mode", b"answers"),
            PutMeta("new", b"value"),
            PutMeta("mode", None),
            PutMeta("mode", b"defers"),
            PutPart(b"digest", 0, b"part"),
            DropStray(stray(0).id),
            Rebranch(0, 0, 1),
            put(3),
            write,
            put(4),
        ]

        with pytest.raises(OurFault):
            store.commit(batch)

        assert everything(store) == before
        assert store.parts(b"digest") == []
        assert everything(opened()) == before

    def test_one_place_twice_in_a_batch(self, store: Store) -> None:
        """Two entries at one place are refused together; neither is preferred."""
        with pytest.raises(OurFault, match=r"taken|in the record"):
            store.commit([put(0), put(0, what="another")])

        assert store.count() == 0

    def test_goes_on_after_a_refusal(self, store: Store) -> None:
        """A refused batch does not harm the next."""
        store.commit([put(0)])
        with pytest.raises(OurFault):
            store.commit([put(0, what="another")])

        store.commit([put(1)])

        assert list(store.replay()) == [kept(put(0)), kept(put(1))]

    def test_empty_batch(self, store: Store) -> None:
        """Nothing to write is nothing wrong."""
        store.commit([])

        assert store.count() == 0

    def test_committed_outlives_a_crash(self, opened: Open) -> None:
        """Whatever a commit returned from is there when the store is opened again without having been closed."""
        store = opened()
        store.commit([put(0), stray(1), PutMeta("mode", b"absent"), PutPart(b"digest", 2, b"part")])
        before = everything(store)

        after = opened()

        assert everything(after) == before
        assert after.part(b"digest", 2) == b"part"

    def test_handle_of_before_a_crash_is_dead(self, opened: Open) -> None:
        """A handle that another has replaced can no longer write, and cannot fork the chain."""
        before = opened()
        after = opened()

        with pytest.raises(StorageFault):
            before.commit([put(0)])

        assert after.count() == 0

    # --- strays ---

    def test_strays_stay_out_of_the_chain(self, store: Store) -> None:
        """A stray is found by its id and among the strays, and nowhere else."""
        store.commit([put(0), stray(0, side=0), stray(7)])

        assert store.strays() == [kept(stray(0, side=0)), kept(stray(7))]
        assert store.entry(stray(7).id) == kept(stray(7))
        assert store.count() == 1
        assert list(store.replay()) == store.entries(0, 0, 0, 10) == [kept(put(0))]

    def test_stray_twice(self, store: Store) -> None:
        """The other side may send a stray as often as it likes: the first stays, with its time."""
        store.commit([stray(0, received_ms=1), stray(1)])
        store.commit([stray(0, received_ms=2)])

        assert store.strays() == [kept(stray(0, received_ms=1)), kept(stray(1))]

    def test_stray_at_an_absurd_place(self, store: Store) -> None:
        """The widest number CBOR can carry, in a stray, is evidence to be kept and not a way to stop a station."""
        absurd = stray(2**64 - 1, gen=2**64 - 1)

        store.commit([absurd])

        assert store.strays() == [kept(absurd)]

    def test_stray_of_an_entry(self, store: Store) -> None:
        """An id that is both in the chain and among the strays is found in the chain."""
        store.commit([put(0), PutStray(put(0).place, put(0).id, put(0).data, 5)])

        assert store.entry(put(0).id) == kept(put(0))

    def test_drop_stray(self, store: Store) -> None:
        """A dropped stray is gone; dropping what is not there is no fault."""
        store.commit([stray(0), stray(1)])

        store.commit([DropStray(stray(0).id), DropStray(bytes(32))])

        assert store.strays() == [kept(stray(1))]
        assert store.entry(stray(0).id) is None

    def test_stray_is_taken_up(self, store: Store) -> None:
        """A stray becomes an entry in one batch, in either order of the two writes."""
        store.commit([stray(0), stray(1)])

        store.commit([DropStray(stray(0).id), put(0, side=1, what="stray")])
        store.commit([put(1, side=1, what="stray"), DropStray(stray(1).id)])

        assert store.strays() == []
        assert [entry.id for entry in store.entries(1, 0, 0, 10)] == [stray(0).id, stray(1).id]

    # --- rebranching ---

    def test_rebranch(self, store: Store) -> None:
        """From its seq on the chain moves to the strays; what is before it, and every other chain, stays."""
        store.commit([put(0), put(1, gen=1), put(1), put(1, side=1), put(2)])

        store.commit([Rebranch(0, 0, 1), put(1, what="other"), put(2, what="other")])

        others = [put(1, what="other"), put(2, what="other")]
        assert store.strays() == [kept(put(1)), kept(put(2))]
        assert store.entries(0, 0, 0, 10) == [kept(entry) for entry in (put(0), *others)]
        assert list(store.replay()) == [kept(entry) for entry in (put(0), put(1, gen=1), put(1, side=1), *others)]
        assert store.entry(put(2).id) == kept(put(2))

    def test_rebranch_of_the_whole(self, store: Store) -> None:
        """A chain that moves from its first entry on has no head any more."""
        store.commit([put(0), put(1)])

        store.commit([Rebranch(0, 0, 0)])

        assert store.heads() == {}
        assert store.entries(0, 0, 0, 10) == []
        assert store.count() == 0

    def test_rebranch_of_nothing(self, store: Store) -> None:
        """Where nothing stands nothing moves."""
        store.commit([put(0)])

        store.commit([Rebranch(0, 0, 1), Rebranch(1, 0, 0)])

        assert list(store.replay()) == [kept(put(0))]
        assert store.strays() == []

    def test_rebranch_back(self, store: Store) -> None:
        """The first branch can be taken up again, and the strays then hold the second."""
        store.commit([put(0), put(1)])
        store.commit([Rebranch(0, 0, 1), put(1, what="other")])

        store.commit([Rebranch(0, 0, 1), DropStray(put(1).id), put(1)])

        assert list(store.replay()) == [kept(put(0)), kept(put(1))]
        assert store.strays() == [kept(put(1, what="other"))]

    # --- named values and parts ---

    def test_metas(self, store: Store) -> None:
        """A named value is set, replaced and deleted, the last write of a batch deciding."""
        store.commit([PutMeta("a", b"1"), PutMeta("a", b"2"), PutMeta("b", b"3"), PutMeta("c", None)])
        store.commit([PutMeta("b", None)])

        assert store.meta("a") == b"2"
        assert store.meta("b") is None
        assert store.metas("") == {"a": b"2"}

    def test_metas_by_prefix(self, store: Store) -> None:
        """A prefix is plain text: its letters' case counts, and no sign in it stands for another."""
        keys = ["epoch/2", "epoch/10", "epoch", "Epoch/1", "epoch%", "epoch_x", "é/1", "accord"]
        store.commit([PutMeta(key, key.encode()) for key in keys])

        assert list(store.metas("epoch/")) == ["epoch/10", "epoch/2"]
        assert list(store.metas("epoch%")) == ["epoch%"]
        assert list(store.metas("epoch_")) == ["epoch_x"]
        assert list(store.metas("é")) == ["é/1"]
        assert list(store.metas("")) == sorted(keys)
        assert store.metas("none") == {}

    def test_parts(self, store: Store) -> None:
        """Parts come back by index; one that comes again replaces the one before, which may have been damaged."""
        store.commit([PutPart(b"one", 2, b"c"), PutPart(b"one", 0, b"damaged"), PutPart(b"two", 1, b"z")])
        store.commit([PutPart(b"one", 0, b"a")])

        assert store.parts(b"one") == [0, 2]
        assert store.part(b"one", 0) == b"a"
        assert store.part(b"one", 1) is None
        assert store.part(b"two", 1) == b"z"

    # --- closing, threads ---

    def test_closed(self, opened: Open) -> None:
        """A closed store refuses everything in words, closes again without fault, and opens again."""
        store = opened()
        store.commit([put(0)])
        store.close()
        store.close()

        for ask in (
            lambda: store.commit([put(1)]),
            lambda: store.entries(0, 0, 0, 1),
            lambda: list(store.replay()),
            lambda: store.meta("a"),
        ):
            with pytest.raises(StorageFault, match="closed"):
                ask()

        assert list(opened().replay()) == [kept(put(0))]

    # --- copies ---

    def test_a_snapshot_stays_as_it_was(self, store: Store) -> None:
        """What is committed after a snapshot was taken is not in it, and the store goes on meanwhile."""
        store.commit([put(0), PutMeta("a", b"1")])
        held = store.snapshot()
        store.commit([put(1), PutMeta("a", b"2"), stray(9)])

        assert (held.count(), held.meta("a"), held.strays()) == (1, b"1", [])
        assert (store.count(), store.meta("a")) == (2, b"2")
        held.close()
        assert store.count() == 2

    def test_a_copy_holds_all_of_it(self, store: Store, tmp_path: Path) -> None:
        """A copy is a store of its own with the same entries in the same order, strays, named values and parts."""
        store.commit([put(0), put(0, side=1), put(1), stray(9), PutMeta("a", b"1"), PutPart(b"d", 3, b"x")])
        path = tmp_path / "copy.sqlite"
        store.copy_to(str(path))
        found = contents(str(path), thorough=True)
        copy = open_store(str(path), must_exist=True)
        try:
            assert everything(copy) == everything(store)
            assert (copy.digests(), copy.part(b"d", 3)) == ([b"d"], b"x")
            assert found.entries == 3
        finally:
            copy.close()

    def test_a_copy_is_never_made_over_anything(self, store: Store, tmp_path: Path) -> None:
        """Whatever is at the path stays as it is."""
        path = tmp_path / "mine"
        path.write_bytes(b"mine")
        with pytest.raises(Misuse, match="already"):
            store.copy_to(str(path))
        assert path.read_bytes() == b"mine"

    def test_readers_beside_a_writer(self, store: Store) -> None:
        """Reading from another thread while one commits shows whole batches, never part of one."""
        counts: list[int] = []
        begun, over = threading.Event(), threading.Event()

        def read() -> None:
            while not over.is_set():
                counts.append(store.count())
                begun.set()

        reader = threading.Thread(target=read)
        reader.start()
        begun.wait()
        for first in range(0, 500, 10):
            store.commit([put(seq) for seq in range(first, first + 10)])
        over.set()
        reader.join()

        assert counts == sorted(counts)
        assert {count % 10 for count in counts} == {0}
