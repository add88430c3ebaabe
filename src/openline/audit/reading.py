"""Reading an export item by item, with the slow part of checking, the signatures, done beside it.

Rules of this file:
1. What comes out is in the order of the file; how many threads verify changes nothing but the time.
2. At most `BATCHES_MAX` batches are under way, each bounded in entries and bytes: memory does not grow with the file.
3. Where no item can be told, the next sound one is looked for; what was passed over is one `Lost`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, NamedTuple

from openline.audit.keyring import Keyring, first_that_signed
from openline.wire import entry as entries
from openline.wire import export
from openline.wire.entry import Entry, signed_bytes
from openline.wire.errors import Malformed
from openline.wire.export import ITEM_HEAD_BYTES, Item, Reader, Tag

THREADS: Final = 2
BATCH_ENTRIES_MAX: Final = 256
BATCH_BYTES_MAX: Final = 1024 * 1024
BATCHES_MAX: Final = 6


class Read(NamedTuple):
    """An item as read. `entry` is None where its bytes are none (`error` says why). `key` signed it, or should have;
    None where no key is known for its place. `fault`: what is wrong with the station key that it names."""

    item: Item
    entry: Entry | None = None
    error: str = ""
    keys: tuple[bytes, ...] = ()
    fault: str = ""
    signed_by: bytes | None = None

    @property
    def key(self) -> bytes | None:
        return self.signed_by or (self.keys[0] if self.keys else None)


class Lost(NamedTuple):
    """From `offset` on nothing could be read, up to `resumed` (None: up to the end of the file). `known`: the item
    before was no entry already, and it is the same damage. `entry`: what stands there, if only its tag or length is
    damaged."""

    offset: int
    why: str
    resumed: int | None
    known: bool
    entry: Entry | None = None


def read_all(reader: Reader, keyring: Keyring, *, threads: int = THREADS) -> Iterator[Read | Lost]:
    """Everything after the opening, in order; an `ENTRY` with its signature verified. Strays and the trailer come as
    they are: which key is theirs is known only when all entries are."""
    with ThreadPoolExecutor(threads, thread_name_prefix="audit") as pool:
        waiting: deque[Future[list[Read | Lost]]] = deque()
        for batch in _batches(reader, keyring):
            waiting.append(pool.submit(_verified, keyring.accord_id, batch))
            if len(waiting) >= BATCHES_MAX:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def _verified(accord_id: bytes, batch: list[Read | Lost]) -> list[Read | Lost]:
    return [_with_signature(accord_id, read) if isinstance(read, Read) else read for read in batch]


def _with_signature(accord_id: bytes, read: Read) -> Read:
    entry = read.entry
    if entry is None or read.item.tag is not Tag.ENTRY:
        return read
    message = signed_bytes(accord_id, entry.core)
    return read._replace(signed_by=first_that_signed(read.keys, message, entry.signature))


def _batches(reader: Reader, keyring: Keyring) -> Iterator[list[Read | Lost]]:
    batch: list[Read | Lost] = []
    size = 0
    for read in _decoded(reader, keyring):
        batch.append(read)
        size += len(read.item.data) if isinstance(read, Read) else 0
        if len(batch) >= BATCH_ENTRIES_MAX or size >= BATCH_BYTES_MAX:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _decoded(reader: Reader, keyring: Keyring) -> Iterator[Read | Lost]:
    last: Read | None = None
    while True:
        try:
            item = reader.next()
        except Malformed as error:
            at = reader.offset
            # The item before may be what is damaged: its length, or a byte more or less, so that this one was missed.
            before = at if last is None or _whole(last, keyring) else last.item.offset
            resumed = reader.seek_item(before + 1)
            yield Lost(at, error.what, resumed, before != at, _unframed(reader, at, resumed))
            if resumed is None:
                return
            last = None
            continue
        if item is None:
            return
        last = _decode(item, keyring)
        yield last


def _unframed(reader: Reader, at: int, resumed: int | None) -> Entry | None:
    """The entry between a tag and length that make no sense and the next item."""
    if resumed is None or not 0 < resumed - at - ITEM_HEAD_BYTES <= entries.BYTES_MAX:
        return None
    try:
        return entries.decode(reader.between(at + ITEM_HEAD_BYTES, resumed))
    except Malformed:
        return None


def _whole(read: Read, keyring: Keyring) -> bool:
    """Whether an item is as somebody signed it, as far as can be told here."""
    if read.item.tag is Tag.ENTRY and read.entry is not None:
        return keyring.signs(read.keys, read.entry) is not None
    return not read.error


def _decode(item: Item, keyring: Keyring) -> Read:
    try:
        if item.tag is Tag.TRAILER:
            export.decode_trailer(item.data)
        elif item.tag is Tag.ACCORD:
            raise Malformed("a second accord")
        else:
            entry = entries.decode(item.data)
            if item.tag is Tag.ENTRY:
                keys, fault = keyring.due(entry)
                return Read(item, entry, keys=keys, fault=fault)
            return Read(item, entry)
    except Malformed as error:
        return Read(item, error=error.what)
    return Read(item)
