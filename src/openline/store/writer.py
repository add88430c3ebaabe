"""Group commit: one thread, many batches to one fsync.

Rules of this file:
1. Whoever submits a batch is called when it is durable, in the order in which batches were submitted.
2. There is no timer: what has gathered while one commit ran is the next group. Waiting longer was measured; it only
   adds to the delay.
3. A batch that breaks a rule fails alone; the others of its group still commit.
4. A storage fault is final. Later batches may continue the chain that the failed one was to extend, and must not
   become durable without it. Whoever submits reads the store again and begins with a new writer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Final, NamedTuple

from openline.ports import Store, Write
from openline.wire.errors import StorageFault, invariant

GROUP_WRITES_MAX: Final = 2000  # chosen: about 20 ms of inserting; more would keep the first of them waiting


Done = Callable[[Exception | None], None]


class _Batch(NamedTuple):
    writes: Sequence[Write]
    done: Done


class GroupWriter:
    """Commits to `store` from a thread of its own. The store stays the caller's to read and to close.

    Args:
        store: used by this writer alone for committing.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: SimpleQueue[_Batch | None] = SimpleQueue()
        self._submitting = threading.Lock()
        self._closed = False
        self._fault: StorageFault | None = None
        # A daemon, so that a program which fails before it closes this can still end: every commit is all or none.
        self._thread = threading.Thread(target=self._run, name="openline-store-writer", daemon=True)
        self._thread.start()

    @property
    def fault(self) -> StorageFault | None:
        """The fault that ended this writer, if one did."""
        return self._fault

    def submit(self, writes: Sequence[Write], done: Done) -> None:
        """Queue a batch, all or none of it. `done` is called from the writer's thread when the batch is durable, or
        with the error of `Store.commit`; it must not raise, nor wait.

        Raises:
            OurFault: this writer is closed.
        """
        with self._submitting:
            invariant(not self._closed, "a batch was submitted to a closed writer")
            self._queue.put(_Batch(writes, done))

    def close(self) -> None:
        """Commit what was submitted, then end; closing twice is no fault."""
        with self._submitting:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            self._commit(self._gather(first))

    def _gather(self, first: _Batch) -> list[_Batch]:
        """`first` and what has queued behind it."""
        group, writes = [first], len(first.writes)
        while writes < GROUP_WRITES_MAX:
            try:
                batch = self._queue.get_nowait()
            except Empty:
                break
            if batch is None:
                self._queue.put(None)  # nothing was submitted after it: see `close`
                break
            group.append(batch)
            writes += len(batch.writes)
        return group

    def _commit(self, group: list[_Batch]) -> None:
        if self._fault is not None:
            _fail(group, self._fault)
            return
        try:
            self._store.commit([write for batch in group for write in batch.writes])
        except StorageFault as fault:
            self._fault = fault
            _fail(group, fault)
        except Exception as error:
            self._commit_singly(group, error)
        else:
            for batch in group:
                batch.done(None)

    def _commit_singly(self, group: list[_Batch], error: Exception) -> None:
        """One of `group` breaks a rule; alone, each shows whether it was that one."""
        if len(group) == 1:
            _fail(group, error)
            return
        for batch in group:
            self._commit([batch])


def _fail(group: list[_Batch], error: Exception) -> None:
    for batch in group:
        batch.done(error)
