"""Two real stations that nothing but a courier connects: packed, carried, unpacked, answered (spec 5.3)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from openline.wire.accord import Carrier, CarrierKind
from tests.integration.keeping import destroy, fill, root_file, run, words_file
from tests.integration.pairs import Pair, Station, make_pair

pytestmark = pytest.mark.slow
KIB_AN_ENTRY = 2  # what a station remembers of each entry on record
STICK = ((Carrier(id="stick", kind=CarrierKind.COURIER), "", ""),)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Two stations with a courier and nothing else."""
    made = make_pair(tmp_path / "pair", carriers=STICK)
    made.start()
    yield made
    made.stop()


def packed(station: Station, folder: Path) -> Path:
    run("courier", "pack", folder, "--station", station.config)
    return folder


def unpacked(station: Station, folder: Path, *more: object) -> dict[str, object]:
    found: dict[str, object] = json.loads(
        run("courier", "unpack", folder, "--station", station.config, "--json", *more).stdout
    )
    return found


def test_a_load_goes_there_and_its_answer_back(pair, tmp_path):
    """What was sent arrives once and is named; that it came is known when the answer is home."""
    north, south = pair.both
    sent = [north.message(f"by stick {number}") for number in range(70)]

    found = unpacked(south, packed(north, tmp_path / "out"), "--back", tmp_path / "back")
    assert [entry["id"] for entry in found["arrived"]] == [entry.id for entry in sent]
    assert found["entries"] == len(sent)
    again = unpacked(south, tmp_path / "out")
    assert (again["entries"], again["arrived"]) == (0, [])
    assert north.status().waiting > 0

    unpacked(north, tmp_path / "back")
    status = north.status()
    assert status.waiting == 0
    assert status.heads.equal


def test_what_is_damaged_is_named_and_the_rest_is_taken_in(pair, tmp_path):
    """A stick with a damaged file and one of strangers' bytes: exit 5, and what is whole arrives."""
    north, south = pair.both
    north.message("whole")
    load = packed(north, tmp_path / "out")
    (load / ("0" * 32 + ".load")).write_bytes(b"not ours")
    result = run("courier", "unpack", load, "--station", south.config, code=5)
    assert "not a load file" in result.output
    assert "to open: north–liaison" in result.output


def test_a_load_for_nobody_here_changes_nothing(pair, tmp_path):
    """Our own load, handed back to us, does not open, and is told so: once, however many bundles it has."""
    north = pair.north
    for number in range(3):
        north.message(f"to them, {number}")
    load = packed(north, tmp_path / "out")
    before = north.status().heads
    result = run("courier", "unpack", load, "--station", north.config, code=5)
    assert "do not open" in result.output
    assert "what we pack is theirs" in result.output
    told = [line for line in result.output.splitlines() if "a bundle sealed to prekey" in line]
    assert len(told) == 1
    assert told[0].endswith(" times)")
    assert north.status().heads == before


def test_a_destroyed_site_comes_back_by_courier_alone(pair, tmp_path):
    """Its plea goes there on a stick, both chains come back on one, and the next generation begins."""
    north, south = pair.both
    north.message("before")
    unpacked(south, packed(north, tmp_path / "1"), "--back", tmp_path / "2")
    unpacked(north, tmp_path / "2")
    north.kill()
    destroy(north)
    words, root = words_file(tmp_path), root_file(north, tmp_path)
    with_root = ("--root", root, "--root-passphrase-file", words, "--passphrase-file", words)
    run("restore", north.config, "--from", "peer", *with_root)
    north.start(*map(str, with_root))
    assert north.status().restoring

    unpacked(south, packed(north, tmp_path / "3"), "--back", tmp_path / "4")
    found = unpacked(north, tmp_path / "4")
    assert found["whole"]
    assert north.status().heads.ours.startswith("north 1/")
    assert not north.status().restoring


def test_an_accord_without_a_courier_packs_nothing(tmp_path):
    """Refused with a word, and no folder is made."""
    made = make_pair(tmp_path / "pair")
    made.north.start()
    try:
        result = run("courier", "pack", tmp_path / "out", "--station", made.north.config, code=3)
        assert "names no courier" in result.output
        assert not (tmp_path / "out").exists()
    finally:
        made.stop()


def test_a_long_load_is_packed_and_unpacked_in_bounded_memory(tmp_path, soak):
    """Neither station's memory grows with the load that a courier carries: 100,000 entries, or 10,000."""
    count = 100_000 if soak else 10_000
    made = make_pair(tmp_path / "pair", carriers=STICK)
    fill(made.north, count)
    try:
        made.start()
        before = resident_mib(made.north)
        load = packed(made.north, tmp_path / "out")
        assert resident_mib(made.north) - before < 24
        empty = resident_mib(made.south)
        assert unpacked(made.south, load)["entries"] == count
        assert resident_mib(made.south) - empty < 24 + count * KIB_AN_ENTRY / 1024
    finally:
        made.stop()


def resident_mib(station: Station) -> float:
    """The most that a station's process ever had in memory."""
    assert station.process is not None
    lines = Path(f"/proc/{station.process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
