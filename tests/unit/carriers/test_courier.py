"""Folders of a stick: written so that a cut copy goes on, read so that a hostile one does no harm."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from openline.carriers import courier, load_file
from openline.carriers.courier import Finding, read_load, write_load
from openline.wire import limits
from openline.wire.errors import Misuse, OurFault, StorageFault
from tests.unit.carriers.loads import bundles

BIG = bundles(9, size=limits.BUNDLE_BYTES_MAX)  # three files
SMALL = bundles(3)


def names(folder: Path) -> list[str]:
    return sorted(x.name for x in folder.iterdir())


def one_file(folder: Path, load: list[bytes] = SMALL) -> Path:
    write_load(folder, load)
    [path] = folder.iterdir()
    return path


# --- writing


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """A load of several files: what was written is told, and everything comes back in order."""
    written = write_load(tmp_path / "load", BIG)
    read = read_load(tmp_path / "load")
    assert (written.files, written.kept, written.bundles) == (3, 0, 9)
    assert (read.whole, read.count, [x.id.hex() for x in read.loads]) == (True, 9, [written.load])
    assert list(read.bundles()) == BIG
    assert written.bytes == sum(x.stat().st_size for x in (tmp_path / "load").iterdir())


def test_writing_again_leaves_what_is_whole(tmp_path: Path) -> None:
    """The second copy of the same load writes nothing."""
    write_load(tmp_path, BIG)
    before = {x.name: x.stat().st_ino for x in tmp_path.iterdir()}
    assert write_load(tmp_path, BIG).kept == 3
    assert {x.name: x.stat().st_ino for x in tmp_path.iterdir()} == before


def test_a_copy_that_was_cut_short_is_completed(tmp_path: Path) -> None:
    """One file is missing, one damaged, one was being written: running it again makes the load whole."""
    write_load(tmp_path, BIG)
    whole = names(tmp_path)
    first, second, _ = (tmp_path / name for name in whole)
    first.rename(first.with_suffix(".load.part"))
    second.write_bytes(second.read_bytes()[:1000])
    assert not read_load(tmp_path).whole
    assert write_load(tmp_path, BIG).kept == 1
    assert names(tmp_path) == whole
    assert read_load(tmp_path).whole


@pytest.mark.parametrize("step", ["write", "fsync", "rename"])
def test_a_stick_that_fails_half_way_holds_whole_files_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A full stick is our fault to tell; what is on it is whole, nothing unfinished is left, and it goes on from
    there."""
    calls = 0
    real = getattr(os, step) if step != "write" else os.fsync

    def failing(*given: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*given, **named)

    monkeypatch.setattr(os, "fsync" if step == "write" else step, failing)
    with pytest.raises(StorageFault, match="file 2 of 3 cannot be written: No space left"):
        write_load(tmp_path, BIG)
    read = read_load(tmp_path)
    assert (len(names(tmp_path)), read.findings, read.unfinished) == (1, [], 0)
    assert len(read.loads[0].missing) == 2
    assert write_load(tmp_path, BIG).kept == 1
    assert list(read_load(tmp_path).bundles()) == BIG


def test_every_name_is_durable_before_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is synced before it gets its name, and the folder after the last."""
    steps: list[str] = []
    real_fsync, real_rename = os.fsync, os.rename

    def fsync(handle: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        real_fsync(handle)

    def rename(*given: object, **named: object) -> None:
        steps.append("rename")
        real_rename(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "rename", rename)
    write_load(tmp_path, BIG)
    assert steps == ["file", "rename"] * 3 + ["folder"]


@pytest.mark.parametrize(("code", "fails"), [(errno.EINVAL, False), (errno.EIO, True)], ids=["unknown", "failing"])
def test_a_driver_without_fsync_of_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, fails: bool
) -> None:
    """Where a folder cannot be synced by itself everything is flushed; an error of the disk is told."""
    real, flushed = os.fsync, []

    def fsync(handle: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            raise OSError(code, "no")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "sync", lambda: flushed.append(True))
    if fails:
        with pytest.raises(StorageFault):
            write_load(tmp_path, SMALL)
    else:
        write_load(tmp_path, SMALL)
    assert flushed == ([] if fails else [True])


def test_a_link_in_the_way_is_not_written_through(tmp_path: Path) -> None:
    """Somebody laid links under the names that will be written: what they lead to is untouched."""
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    stick = tmp_path / "stick"
    own = one_file(stick)
    whole = own.read_bytes()
    own.unlink()
    own.symlink_to(precious)
    own.with_suffix(".load.part").symlink_to(precious)
    write_load(stick, SMALL)
    assert precious.read_bytes() == b"mine"
    assert (own.is_symlink(), own.read_bytes()) == (False, whole)


def test_where_no_folder_can_be(tmp_path: Path) -> None:
    """A file, a link or a missing parent: our user's to mend."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link", "missing/below"):
        with pytest.raises(Misuse):
            write_load(tmp_path / name, SMALL)
    with pytest.raises(OurFault):
        write_load(tmp_path, [])


def test_a_folder_under_a_load_files_name_is_told(tmp_path: Path) -> None:
    """It cannot be replaced by a rename: the person is told which file could not be written."""
    name = one_file(tmp_path / "other").name
    (tmp_path / "stick" / name / "x").mkdir(parents=True)
    with pytest.raises(StorageFault, match="file 1 of 1"):
        write_load(tmp_path / "stick", SMALL)
    assert names(tmp_path / "stick") == [name]


# --- reading


def test_a_missing_file_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    """Each file says of how many it is, so that the one that was lost is known."""
    write_load(tmp_path, BIG)
    lost = next(x for x in tmp_path.iterdir() if load_file.decode(x.read_bytes()).place == 1)
    lost.unlink()
    read = read_load(tmp_path)
    assert (read.whole, read.loads[0].missing, read.count) == (False, (1,), 6)
    assert list(read.bundles()) == BIG[:3] + BIG[6:]


def test_damaged_files_are_named_and_skipped(tmp_path: Path) -> None:
    """A flipped byte, a cut, an empty file, a rename: each is said of its name, and nothing of it is read."""
    for seed in range(4):
        write_load(tmp_path, bundles(2, seed=seed))
    flipped, cut, empty, renamed = sorted(tmp_path.iterdir())
    flipped.write_bytes(flipped.read_bytes()[:-40] + bytes(40))
    cut.write_bytes(cut.read_bytes()[:-1])
    empty.write_bytes(b"")
    renamed.rename(tmp_path / "copy of it (1).load")
    read = read_load(tmp_path)
    assert {x.name: x.what[:12] for x in read.findings} == {
        flipped.name: "damaged or c",
        cut.name: "damaged or c",
        empty.name: "not a load f",
        "copy of it (1).load": "whole, but r",
    }
    assert renamed.name in next(x.what for x in read.findings if "renamed" in x.what)
    assert list(read.bundles()) == []


def test_names_in_capitals_are_ours(tmp_path: Path) -> None:
    """Some systems write names on a stick in capitals."""
    path = one_file(tmp_path)
    path.rename(tmp_path / path.name.upper())
    assert list(read_load(tmp_path).bundles()) == SMALL


def test_several_loads_come_oldest_first(tmp_path: Path) -> None:
    """What was packed first is read first, so that few entries come ahead of those before them."""
    loads = [bundles(2, seed=seed) for seed in range(3)]
    for age, load in zip((2, 0, 1), loads, strict=True):
        path = one_file(tmp_path / str(age), load)
        os.utime(path, (1_600_000_000 + age,) * 2)
        path.rename(tmp_path / path.name)
    assert list(read_load(tmp_path).bundles()) == loads[1] + loads[2] + loads[0]


def test_a_hostile_stick(tmp_path: Path) -> None:
    """A link, a pipe, a folder and a file without end under names of load files: named, not opened. Everything else on
    the stick is counted and left alone."""
    own = one_file(tmp_path)
    precious = tmp_path.parent / f"{tmp_path.name}-outside"
    precious.write_bytes(own.read_bytes())
    (tmp_path / "link.load").symlink_to(precious)
    (tmp_path / "dangling.load").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.load")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder.load").mkdir()
    write_load(tmp_path / "folder.load", bundles(2, seed=9))
    with (tmp_path / "huge.load").open("wb") as huge:
        huge.truncate(1 << 40)
    (tmp_path / "holiday.jpg").write_bytes(b"\xff\xd8")
    (tmp_path / os.fsdecode(b"\xff\x1b[2J.load")).write_bytes(b"x")
    read = read_load(tmp_path)
    assert {x.name: x.what for x in read.findings} == {
        "link.load": "a link; links are not followed",
        "dangling.load": "a link; links are not followed",
        "pipe.load": "not a plain file",
        "folder.load": "not a plain file",
        "huge.load": f"{1 << 40} bytes; {limits.LOAD_FILE_BYTES_MAX} are the most",
        os.fsdecode(b"\xff\x1b[2J.load"): "not a load file, or damaged at its beginning",
    }
    assert read.others == 2
    assert list(read.bundles()) == SMALL


def test_ten_thousand_tiny_files(tmp_path: Path) -> None:
    """They are named, and do not hide the one that is whole."""
    one_file(tmp_path)
    for number in range(10_000):
        os.close(os.open(tmp_path / f"{number:032x}.load", os.O_CREAT | os.O_WRONLY))
    read = read_load(tmp_path)
    assert len(read.findings) == 10_000
    assert list(read.bundles()) == SMALL


def test_more_names_than_anybody_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after the most is not looked at, and that is said."""
    monkeypatch.setattr(limits, "FOLDER_NAMES_MAX", 5)
    for number in range(8):
        (tmp_path / f"{number}.txt").write_bytes(b"")
    read = read_load(tmp_path)
    assert (read.others, read.findings[0].name) == (5, ".")
    assert "more than 5 names" in read.findings[0].what


def test_more_bytes_than_anybody_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is read up to its limit; what was not read is named."""
    write_load(tmp_path, BIG)
    monkeypatch.setattr(limits, "FOLDER_BYTES_MAX", limits.LOAD_FILE_BYTES_MAX + 5_000_000)
    read = read_load(tmp_path)
    assert [x.what[:8] for x in read.findings] == ["not read"]
    assert read.count == 6


def test_a_file_that_changes_after_it_was_verified(tmp_path: Path) -> None:
    """It is verified again when it is handed out; the exchange is told."""
    path = one_file(tmp_path)
    read = read_load(tmp_path)
    path.write_bytes(path.read_bytes()[:-1] + b"\0\0")
    assert list(read.bundles()) == []
    assert read.findings == [
        Finding(path.name, "damaged or cut short: its hash is not that of its content; it was whole before")
    ]


def test_a_file_that_grows_while_it_is_read(tmp_path: Path) -> None:
    """What a file says of its size is not believed."""
    path = tmp_path / "x"
    path.write_bytes(bytes(20))
    with pytest.raises(load_file.Damaged, match="are the most"):
        courier.read_plain(path, 10)
    with pytest.raises(load_file.Damaged, match="grew"):
        courier.read_plain(Path("/proc/self/status"), 10)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    """A missing folder, a file or a link to one is our user's to mend."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("missing", "file", "link"):
        with pytest.raises(Misuse, match="cannot be read as a folder"):
            read_load(tmp_path / name)


def test_a_copy_beside_the_file_itself_is_no_damage(tmp_path: Path) -> None:
    """As file managers make them: the load is whole, and nobody is told to bring it again. Where only the copy is
    whole, it is told by what name it can be used."""
    write_load(tmp_path, [b"bundle" * 40])
    [file] = tmp_path.iterdir()
    copy = tmp_path / f"copy of {file.name}"
    copy.write_bytes(file.read_bytes())
    read = read_load(tmp_path)
    assert read.whole
    assert read.others == 1
    assert list(read.bundles()) == [b"bundle" * 40]
    file.write_bytes(file.read_bytes()[:-1])
    found = {each.name for each in read_load(tmp_path).findings}
    assert found == {file.name, copy.name}
