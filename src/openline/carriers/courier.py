"""The courier: loads written to a folder of a stick, and read back, whoever had the stick meanwhile (spec 5.3.2).

    write_load(folder, bundles) ─▶ Written          the desk's `pack` gives the bundles
    read_load(folder) ─▶ Read, .bundles()           each to the desk's `arrive`, in this order, until none is left

Rules of this file:
1. A file is there whole under its name, or not at all: a temporary name, fsync, rename, fsync of the folder. A copy
   that was cut short is completed by running it again.
2. A stick is hostile: only plain files directly in the folder that are named as load files are opened; no link is
   followed, nothing waits on a pipe, and how much is read is bounded.
3. A file is verified whole, in memory, each time before anything of it is handed out.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from openline.carriers import load_file
from openline.carriers.load_file import SUFFIX, Damaged, Renamed
from openline.wire import limits
from openline.wire.errors import Misuse, StorageFault, invariant

UNFINISHED: Final = SUFFIX + ".part"
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Written(NamedTuple):
    """What was written: the load's id in hex, its files, how many of them were there whole already, and all of their
    bundles and bytes."""

    load: str
    files: int
    kept: int
    bundles: int
    bytes: int


class Put(NamedTuple):
    """How many files there are now of those that were to be written, how many of them were there whole already, and
    all their bytes."""

    files: int
    kept: int
    bytes: int


class Finding(NamedTuple):
    """A file that is named as a load file and was not taken, and why, in a sentence."""

    name: str
    what: str


class SeenFile(NamedTuple):
    """A file that was whole when the folder was read; `modified_ns` orders loads, and is a hint."""

    name: str
    load: bytes
    place: int
    total: int
    bundles: int
    bytes: int
    modified_ns: int


@dataclass(frozen=True)
class Load:
    """A load found in a folder, or what is there of it. Places are from 0."""

    id: bytes
    total: int
    files: tuple[SeenFile, ...]

    @property
    def missing(self) -> tuple[int, ...]:
        there = {x.place for x in self.files}
        return tuple(place for place in range(self.total) if place not in there)

    @property
    def bundles(self) -> int:
        return sum(x.bundles for x in self.files)

    @property
    def bytes(self) -> int:
        return sum(x.bytes for x in self.files)


@dataclass
class Read:
    """What a folder holds. `others`: how many things in it are none of ours. `unfinished`: files whose writing was cut
    short. `findings` grows where a file changes between being read and being handed out."""

    folder: Path
    loads: list[Load] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    others: int = 0
    unfinished: int = 0

    @property
    def whole(self) -> bool:
        """Whether each load is there whole, and nothing that is named as a load file is anything else."""
        return bool(self.loads) and not self.findings and not any(x.missing for x in self.loads)

    @property
    def count(self) -> int:
        """How many bundles there are."""
        return sum(x.bundles for x in self.loads)

    def bundles(self) -> Iterator[bytes]:
        """Every bundle of every whole file, older loads first, each load in its order: few entries then come ahead of
        those before them. One file is in memory at a time.

        Raises:
            Misuse: the folder is gone.
        """
        for data in self.files():
            yield from load_file.decode(data).bundles

    def files(self) -> Iterator[bytes]:
        """The bytes of every whole file, in the same order, each verified again.

        Raises:
            Misuse: the folder is gone.
        """
        with _opened(self.folder) as handle:
            for seen in (x for load in self.loads for x in load.files):
                try:
                    data = _read(handle, seen.name)[0]
                    load_file.decode_named(seen.name, data)
                except Damaged as error:
                    self.findings.append(Finding(seen.name, f"{error.what}; it was whole before"))
                    continue
                yield data


# --- writing


def write_load(folder: Path, bundles: Sequence[bytes]) -> Written:
    """Write a load to `folder`, which is made if only it is missing; all of it is durable when this returns. Files of
    this load that are there whole are left, so that the same call completes what was cut short. `bundles` are gone
    through three times; no more than a file of them is kept in memory.

    Raises:
        Misuse: no folder can be there.
        StorageFault: the stick is full, read-only or gone; what was written of the load is whole.
        OurFault: no bundles, or one that is none.
    """
    invariant(bool(bundles), "a load without bundles")
    total, files = load_file.dividing(bundles)
    put = write_files(folder, files, total)
    return Written(load_file.load_id(bundles).hex(), put.files, put.kept, len(bundles), put.bytes)


def write_files(folder: Path, files: Iterable[bytes], total: int) -> Put:
    """Write `total` whole load files that were got in another way, from another stick or from paper, one at a time.

    Raises:
        Misuse: no folder can be there.
        StorageFault: as `write_load`.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise Misuse(f"{folder}: no folder can be made there: {error.strerror}", next_step="Give another.") from None
    number = kept = size = 0
    with _opened(folder) as handle:
        for number, data in enumerate(files, 1):
            name = load_file.file_name(data)
            size += len(data)
            try:
                if _is_there(handle, name, data):
                    kept += 1
                else:
                    _put(handle, name, data)
            except OSError as error:
                raise StorageFault(
                    f"{folder}: file {number} of {total} cannot be written: {error.strerror or error}",
                    next_step="Mend that, then run it again: it goes on from here.",
                ) from None
        _sync_folder(handle)
    return Put(number, kept, size)


def _is_there(handle: int, name: str, data: bytes) -> bool:
    try:
        return _read(handle, name)[0] == data
    except Damaged:
        return False


def _put(handle: int, name: str, data: bytes) -> None:
    """One file, whole under its name or not there at all."""
    unfinished = name.removesuffix(SUFFIX) + UNFINISHED
    with suppress(FileNotFoundError):  # what an earlier run left, or a link that somebody laid in the way
        os.unlink(unfinished, dir_fd=handle)
    target = os.open(unfinished, _WRITE, 0o644, dir_fd=handle)
    try:
        with os.fdopen(target, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(unfinished, name, src_dir_fd=handle, dst_dir_fd=handle)
    except OSError:
        with suppress(OSError):  # the stick may be gone; the first error is the one to tell
            os.unlink(unfinished, dir_fd=handle)
        raise


def _sync_folder(handle: int) -> None:
    """Make names durable. Some drivers of sticks know no fsync of a folder; then everything is flushed."""
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise StorageFault(f"the folder cannot be made durable: {error.strerror}") from None
        os.sync()


# --- reading


def read_load(folder: Path) -> Read:
    """Look at a folder: verify every load file in it, and say what is damaged, missing or in the way. Nothing is
    written, and nothing but plain files named as load files is opened.

    Raises:
        Misuse: there is no such folder, or it cannot be read.
    """
    read = Read(folder)
    with _opened(folder) as handle:
        names = _names(handle, read)
        seen = list(_verified(handle, names, read))
    groups: dict[tuple[bytes, int], list[SeenFile]] = {}
    for one in seen:
        groups.setdefault((one.load, one.total), []).append(one)
    loads = [Load(key[0], key[1], tuple(sorted(x, key=lambda y: y.place))) for key, x in groups.items()]
    read.loads = sorted(loads, key=lambda x: (min(y.modified_ns for y in x.files), x.id))
    return read


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """The folder, held open: nobody can exchange it for another between two steps."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise Misuse(
            f"{folder}: cannot be read as a folder: {error.strerror}",
            next_step="Check its name; name the folder itself, not a link to it.",
        ) from None
    try:
        yield handle
    finally:
        os.close(handle)


def _names(handle: int, read: Read) -> list[str]:
    """What is named as a load file, in order; the rest is counted."""
    names = []
    try:
        with os.scandir(handle) as entries:
            for number, entry in enumerate(entries):
                if number == limits.FOLDER_NAMES_MAX:
                    what = f"more than {number} names; what comes after them was not looked at"
                    read.findings.append(Finding(".", what))
                    break
                name = entry.name.lower()
                if name.endswith(SUFFIX):
                    names.append(entry.name)
                elif name.endswith(UNFINISHED):
                    read.unfinished += 1
                else:
                    read.others += 1
    except OSError as error:
        read.findings.append(Finding(".", f"the folder cannot be read to its end: {error.strerror}"))
    return sorted(names)


def _verified(handle: int, names: list[str], read: Read) -> Iterator[SeenFile]:
    spent, whole, renamed = 0, set[str](), list[tuple[str, Renamed]]()
    for name in names:
        try:
            if spent > limits.FOLDER_BYTES_MAX - limits.LOAD_FILE_BYTES_MAX:
                raise Damaged(f"not read: {limits.FOLDER_BYTES_MAX} bytes are the most for a folder")
            data, modified_ns = _read(handle, name)
            spent += len(data)
            found = load_file.decode_named(name, data)
        except Renamed as error:
            renamed.append((name, error))
            continue
        except Damaged as error:
            read.findings.append(Finding(name, error.what))
            continue
        whole.add(name.lower())
        yield SeenFile(name, found.load, found.place, found.total, len(found.bundles), len(data), modified_ns)
    for name, other in renamed:
        if other.own in whole:
            read.others += 1  # a copy beside the file itself, which lacks nothing
        else:
            read.findings.append(Finding(name, other.what))


def _read(handle: int, name: str) -> tuple[bytes, int]:
    """All of a load file, and when it was last changed; raises `Damaged`."""
    return read_plain(name, limits.LOAD_FILE_BYTES_MAX, folder=handle)


def read_plain(path: str | Path, bytes_max: int, *, folder: int | None = None) -> tuple[bytes, int]:
    """All of a plain file, in an opened folder if one is given, and when it was last changed, in ns since 1970.

    Raises:
        Damaged: it is no plain file, larger than `bytes_max`, or cannot be read.
    """
    try:
        # What opening a device does is not ours to try, so it is looked at first; then what was opened is looked at.
        _check_plain(os.stat(path, dir_fd=folder, follow_symlinks=False), bytes_max)
        file = os.open(path, _READ, dir_fd=folder)
        with os.fdopen(file, "rb") as stream:
            about = os.fstat(file)
            _check_plain(about, bytes_max)
            data = stream.read(bytes_max + 1)
    except OSError as error:
        raise Damaged(f"cannot be read: {error.strerror or error}") from None
    if len(data) > bytes_max:
        raise Damaged(f"it grew while it was read; {bytes_max} bytes are the most")
    return data, about.st_mtime_ns


def _check_plain(about: os.stat_result, bytes_max: int) -> None:
    if stat.S_ISLNK(about.st_mode):
        raise Damaged("a link; links are not followed")
    if not stat.S_ISREG(about.st_mode):
        raise Damaged("not a plain file")
    if about.st_size > bytes_max:
        raise Damaged(f"{about.st_size} bytes; {bytes_max} are the most")
