"""What waits to be sent on one path, and in which order.

Rules of this file:
1. Bulk (parts of pages) goes only when nothing else waits, in pieces, so that any message overtakes it (spec 5.5).
2. A parcel replaces one that waits under the same key: a pulse that was not sent is worth nothing beside a newer one,
   and what is sent again need not wait twice.
3. What waits is bounded in bytes, bulk apart from the rest, so that it takes no message's room. What finds no room is
   dropped: the record sends it again (spec 5.2).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from openline.ports import Parcel

WAITING_BYTES_MAX: Final = 8 * 1024 * 1024  # chosen: twice a window of entries on its way
BULK_BYTES_MAX: Final = 4 * 1024 * 1024  # chosen: nearly two windows of parts (5.5)


class Waiting:
    """Parcels for one path, in the order in which they go."""

    def __init__(self, bytes_max: int = WAITING_BYTES_MAX, bulk_bytes_max: int = BULK_BYTES_MAX) -> None:
        self.dropped = 0
        self._count = 0
        self._quick = _Kind(bytes_max)
        self._bulk = _Kind(bulk_bytes_max)

    @property
    def bytes(self) -> int:
        return self._quick.bytes + self._bulk.bytes

    def __len__(self) -> int:
        return len(self._quick.parcels) + len(self._bulk.parcels)

    def put(self, parcel: Parcel) -> None:
        queue = self._bulk if parcel.bulk else self._quick
        key = parcel.key
        if key is None:
            self._count += 1
            key = self._count
        before = queue.parcels.get(key)
        grown = queue.bytes + len(parcel.data) - (0 if before is None else len(before.data))
        if grown > queue.bytes_max:
            self.dropped += 1
            return
        queue.parcels[key] = parcel
        queue.bytes = grown

    def take(self, *, bulk: bool = True) -> Parcel | None:
        """The next to go; without `bulk`, only what overtakes bulk."""
        queue = self._quick if self._quick.parcels or not bulk else self._bulk
        if not queue.parcels:
            return None
        _, parcel = queue.parcels.popitem(last=False)
        queue.bytes -= len(parcel.data)
        return parcel

    def clear(self) -> None:
        """The path is gone: what waited is lost here, and sent again by the record."""
        self.dropped += len(self)
        for queue in (self._quick, self._bulk):
            queue.parcels.clear()
            queue.bytes = 0


class _Kind:
    """Parcels of one kind, and the room they have."""

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self.bytes = 0
        self.parcels: OrderedDict[object, Parcel] = OrderedDict()
