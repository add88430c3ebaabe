"""The stores in SQLite and PostgreSQL and the store in memory, given the same writes, are never told apart."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from openline.ports import DropStray, PutEntry, PutMeta, PutPart, PutStray, Rebranch, Store, Write
from openline.store import MemoryStore, open_store
from openline.wire.errors import OurFault
from tests.conftest import SOAK
from tests.unit.store.build import put, stray

SEQS = st.integers(0, 6)
SIDES = st.sampled_from([0, 1])
GENS = st.sampled_from([0, 1])
BRANCHES = st.sampled_from(["one branch", "another"])
DIGESTS = st.sampled_from([b"one" * 8, b"two" * 8])
KEYS = st.sampled_from(["mode", "epoch/1", "epoch/2", "epoch_", "é"])
BYTES = st.binary(max_size=8)


@st.composite
def entries(draw: st.DrawFn) -> PutEntry:
    return put(draw(SEQS), side=draw(SIDES), gen=draw(GENS), what=draw(BRANCHES), received_ms=draw(SEQS))


@st.composite
def strays(draw: st.DrawFn) -> PutStray:
    return stray(draw(SEQS), side=draw(SIDES), gen=draw(GENS), what=draw(BRANCHES), received_ms=draw(SEQS))


WRITES: st.SearchStrategy[Write] = st.one_of(
    entries(),
    strays(),
    st.builds(Rebranch, SIDES, GENS, SEQS),
    st.builds(lambda entry: DropStray(entry.id), strays()),
    st.builds(PutMeta, KEYS, st.none() | BYTES),
    st.builds(PutPart, DIGESTS, SEQS, BYTES),
)


class TwoStores(RuleBasedStateMachine):
    """One batch after another to both, restarts between them, and everything that can be read compared."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(mkdtemp())
        self.model: MemoryStore = MemoryStore()
        self.store: Store = self.opened()

    def opened(self) -> Store:
        return open_store(self.directory / "record", sync="off")

    @rule(batch=st.lists(WRITES, max_size=6))
    def commit(self, batch: list[Write]) -> None:
        assert refused(self.model, batch) == refused(self.store, batch)

    @rule(side=SIDES, gen=GENS, start=SEQS, count=st.integers(1, 5), branch=BRANCHES)
    def commit_chain(self, side: int, gen: int, start: int, count: int, branch: str) -> None:
        """What a catch-up is: a run of entries, where they are free."""
        batch = [put(seq, side=side, gen=gen, what=branch) for seq in range(start, start + count)]
        assert refused(self.model, batch) == refused(self.store, batch)

    @rule()
    def restart(self) -> None:
        self.model = self.model.crash()
        self.store.close()
        self.store = self.opened()

    @rule(side=SIDES, gen=GENS, start=SEQS, limit=SEQS)
    def read_chain(self, side: int, gen: int, start: int, limit: int) -> None:
        assert self.store.entries(side, gen, start, limit) == self.model.entries(side, gen, start, limit)

    @rule(write=st.one_of(entries(), strays()))
    def read_entry(self, write: PutEntry | PutStray) -> None:
        assert self.store.entry(write.id) == self.model.entry(write.id)

    @rule(prefix=st.sampled_from(["", "e", "epoch/", "epoch_", "é", "mode2"]), key=KEYS)
    def read_metas(self, prefix: str, key: str) -> None:
        assert list(self.store.metas(prefix).items()) == list(self.model.metas(prefix).items())
        assert self.store.meta(key) == self.model.meta(key)

    @rule(digest=DIGESTS, index=SEQS)
    def read_parts(self, digest: bytes, index: int) -> None:
        assert self.store.parts(digest) == self.model.parts(digest)
        assert self.store.part(digest, index) == self.model.part(digest, index)

    @invariant()
    def same(self) -> None:
        assert list(self.store.replay()) == list(self.model.replay())
        assert self.store.strays() == self.model.strays()
        assert self.store.heads() == self.model.heads()
        assert self.store.count() == self.model.count()

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.directory)


def refused(store: Store, batch: list[Write]) -> bool:
    """Whether the store refused the batch, having tried it."""
    try:
        store.commit(batch)
    except OurFault:
        return True
    return False


def test_a_database_is_never_told_from_memory(postgresql_url: str) -> None:
    """The same for PostgreSQL, whose tables are emptied for each example."""
    psycopg = pytest.importorskip("psycopg")
    open_store(postgresql_url).close()

    class Database(TwoStores):
        def __init__(self) -> None:
            with psycopg.connect(postgresql_url) as connection:
                connection.execute("TRUNCATE entries, strays, meta, parts RESTART IDENTITY")
            super().__init__()

        def opened(self) -> Store:
            return open_store(postgresql_url, sync="off", must_exist=True)

    how = settings(max_examples=300 if SOAK else 8, stateful_step_count=25, deadline=None)
    run_state_machine_as_test(Database, settings=how)  # type: ignore[no-untyped-call]


TestTwoStores = TwoStores.TestCase
TestTwoStores.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
