"""A load's bundles in a file: as many as there are, one at a time in memory.

Rules of this file: the file is the caller's, and is read and written by nobody else meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import BinaryIO, overload


class Spooled(Sequence[bytes]):
    """Bundles, in the order in which they were put in."""

    def __init__(self, file: BinaryIO, bundles: Iterable[bytes] = ()) -> None:
        self._file = file
        self._at = [0]
        self.extend(bundles)

    def extend(self, bundles: Iterable[bytes]) -> None:
        """Put more of them at the end."""
        self._file.seek(self._at[-1])
        for bundle in bundles:
            self._file.write(bundle)
            self._at.append(self._at[-1] + len(bundle))

    def __len__(self) -> int:
        return len(self._at) - 1

    @overload
    def __getitem__(self, which: int) -> bytes: ...
    @overload
    def __getitem__(self, which: slice) -> list[bytes]: ...
    def __getitem__(self, which: int | slice) -> bytes | list[bytes]:
        if isinstance(which, slice):
            return [self[each] for each in range(*which.indices(len(self)))]
        if not -len(self) <= which < len(self):
            raise IndexError(which)
        which %= len(self)
        self._file.seek(self._at[which])
        return self._file.read(self._at[which + 1] - self._at[which])
