"""Group commit."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from openline.ports import PutMeta, Write
from openline.store import GroupWriter, MemoryStore, open_store
from openline.store.writer import GROUP_WRITES_MAX
from openline.wire.errors import OurFault, StorageFault
from tests.unit.store.build import kept, put

WAIT_S = 10


class Gated(MemoryStore):
    """A store whose commits begin when the test says so, and which notes how many writes came in each."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)
        self.sizes: list[int] = []
        self.fails: StorageFault | None = None

    def commit(self, writes: Sequence[Write]) -> None:
        self.sizes.append(len(writes))
        self.begun.release()
        assert self.gate.acquire(timeout=WAIT_S)
        if self.fails is not None:
            raise self.fails
        super().commit(writes)

    def open_gate(self, commits: int = 1000) -> None:
        self.gate.release(commits)

    def await_commit(self) -> None:
        assert self.begun.acquire(timeout=WAIT_S)


@pytest.fixture
def store() -> Gated:
    return Gated()


@pytest.fixture
def writer(store: Gated) -> Iterator[GroupWriter]:
    writer = GroupWriter(store)
    yield writer
    store.open_gate()
    writer.close()


def submit(writer: GroupWriter, writes: list[Write]) -> Future[None]:
    """Submit a batch; the future completes with what came of it."""
    future: Future[None] = Future()
    writer.submit(writes, lambda error: future.set_exception(error) if error else future.set_result(None))
    return future


def submit_behind(store: Gated, writer: GroupWriter, *batches: list[Write]) -> list[Future[None]]:
    """Submit a first batch, and while its commit is under way the others: they make up the next group."""
    first = submit(writer, [PutMeta("first", b"")])
    store.await_commit()
    return [first, *(submit(writer, batch) for batch in batches)]


def test_done_means_durable(store: Gated, writer: GroupWriter) -> None:
    """A batch's future is not done before its commit is."""
    future = submit(writer, [put(0)])
    store.await_commit()

    assert not future.done()
    store.open_gate()
    assert future.result(WAIT_S) is None
    assert list(store.replay()) == [kept(put(0))]


def test_one_commit_for_what_gathered(store: Gated, writer: GroupWriter) -> None:
    """Batches that come in while a commit runs share the next, and complete in the order they were submitted."""
    order: list[int] = []
    futures = submit_behind(store, writer, *([put(seq)] for seq in range(100)))
    for number, future in enumerate(futures):
        future.add_done_callback(lambda _, number=number: order.append(number))

    store.open_gate()
    futures[-1].result(WAIT_S)
    writer.close()

    assert store.sizes == [1, 100]
    assert order == list(range(101))
    assert [entry.place.seq for entry in store.replay()] == list(range(100))


def test_group_is_bounded(store: Gated, writer: GroupWriter) -> None:
    """However much has gathered, no commit is so large that its first batch waits for long."""
    half = GROUP_WRITES_MAX // 2
    batches: list[list[Write]] = [[put(seq, gen=gen) for seq in range(half)] for gen in range(4)]
    futures = submit_behind(store, writer, *batches)

    store.open_gate()
    futures[-1].result(WAIT_S)

    assert store.sizes == [1, GROUP_WRITES_MAX, GROUP_WRITES_MAX]


def test_bad_batch_fails_alone(store: Gated, writer: GroupWriter) -> None:
    """Of a group in which one batch breaks a rule the others become durable, and only that one is told so."""
    good, bad, also_good = [put(0)], [PutMeta("bad", b""), put(0, what="another")], [put(1)]
    futures = submit_behind(store, writer, good, bad, also_good)

    store.open_gate()
    failed = [isinstance(future.exception(WAIT_S), OurFault) for future in futures]

    assert failed == [False, False, True, False]
    assert list(store.replay()) == [kept(put(0)), kept(put(1))]
    assert store.meta("bad") is None
    assert writer.fault is None


def test_goes_on_after_a_bad_batch(store: Gated, writer: GroupWriter) -> None:
    """A batch that breaks a rule does not end the writer."""
    store.open_gate()
    with pytest.raises(OurFault):
        submit(writer, [put(0), put(0, what="another")]).result(WAIT_S)

    assert submit(writer, [put(0)]).result(WAIT_S) is None


def test_storage_fault_is_final(store: Gated, writer: GroupWriter) -> None:
    """After a fault of the disk nothing queued behind it is written: it may continue what was lost."""
    store.fails = StorageFault("the disk is full")
    futures = submit_behind(store, writer, [put(0)], [put(1)])

    store.open_gate()
    faults = [future.exception(WAIT_S) for future in futures]
    store.fails = None
    late = submit(writer, [put(2)])

    assert [str(fault) for fault in (*faults, late.exception(WAIT_S))] == ["the disk is full"] * 4
    assert writer.fault is faults[0]
    assert store.count() == 0
    assert store.sizes == [1]


def test_new_writer_after_a_storage_fault(store: Gated) -> None:
    """Once the store has been read again, a new writer goes on with it."""
    store.open_gate()
    store.fails = StorageFault("the disk is full")
    writer = GroupWriter(store)
    assert submit(writer, [put(0)]).exception(WAIT_S)
    writer.close()
    store.fails = None

    writer = GroupWriter(store)
    submit(writer, [put(0)]).result(WAIT_S)
    writer.close()

    assert store.count() == 1


def test_close_commits_what_was_submitted(store: Gated, writer: GroupWriter) -> None:
    """Closing waits for every batch; nothing can be submitted after; closing twice is no fault."""
    futures = submit_behind(store, writer, [put(0)], [put(1)])
    store.open_gate()

    writer.close()
    writer.close()

    assert all(future.done() for future in futures)
    assert store.count() == 2
    with pytest.raises(OurFault, match="closed writer"):
        submit(writer, [put(2)])


def test_many_threads_on_a_file(tmp_path: Path) -> None:
    """Batches from many threads are all there, each whole, when the file is opened again."""
    store = open_store(tmp_path / "record")
    writer = GroupWriter(store)

    def submit_all(gen: int) -> None:
        for first in range(0, 40, 2):
            submit(writer, [put(first, gen=gen), put(first + 1, gen=gen)])

    threads = [threading.Thread(target=submit_all, args=(gen,)) for gen in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    store.close()

    store = open_store(tmp_path / "record")
    arrived = list(store.replay())
    assert all([entry.place.seq for entry in arrived if entry.place.gen == gen] == list(range(40)) for gen in range(8))
    assert all(one.place.gen == two.place.gen for one, two in zip(arrived[::2], arrived[1::2], strict=True))
    store.close()
