"""`openline record`: show in causal order, compare two exports, export a store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from openline.cli.main import cli
from openline.keys.entropy import SeededEntropy
from openline.keys.keyfile import seal_key_file
from openline.keys.secret import StationKeys
from openline.ports import PutEntry, PutStray
from openline.store import open_store
from openline.wire import accord as accords
from tests.unit.audit.build import Book, fork, message, small, whole


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["record", *map(str, arguments)])


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return written(tmp_path / "north.openline", whole())


def written(path: Path, book: Book, side: int = 0) -> Path:
    path.write_bytes(book.export(side))
    return path


# --- show ---


def test_show(export):
    """A line an entry, and a word on stderr that this proves nothing."""
    result = run("show", export)

    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 34)
    assert "openline audit" in result.stderr


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--side", "north"), 17),
        (("--side", "south", "--kind", "message"), 2),
        (("--line", "military west"), 4),
        (("--kind", "seal"), 4),
        (("--since", "2020-06-08T00:30:00"), 5),
        (("--since", "2020-06-08T09:30:00+09:00"), 5),
        (("--since", "2020-06-09"), 0),
        (("--limit", "3"), 3),
    ],
)
def test_show_a_part(export, options, count):
    """By side, line, kind and time, and at most so many; for programs the same."""
    assert len(run("show", export, *options).stdout.splitlines()) == count
    assert len(json.loads(run("show", export, *options, "--json").stdout)) == count


@pytest.mark.parametrize(
    "options", [("--side", "east"), ("--line", "x"), ("--kind", "x"), ("--since", "noon"), ("--limit", "0")]
)
def test_show_what_is_not_there(export, options):
    """A side, line, kind or time that cannot be is a wrong flag, 2."""
    assert run("show", export, *options).exit_code == 2


def test_show_a_damaged_record(export):
    """What cannot be read ends the listing with 5 and a next step; a missing file is 2."""
    export.write_bytes(export.read_bytes()[:-3000])
    result = run("show", export)
    assert (result.exit_code, "openline audit" in result.stderr) == (5, True)
    assert run("show", export.with_name("none")).exit_code == 2


# --- compare ---


def test_compare_two_copies(tmp_path):
    """Both sides' exports of one record agree, 0."""
    book = whole()
    result = run("compare", written(tmp_path / "a", book), written(tmp_path / "b", book, 1))

    assert (result.exit_code, "The heads agree" in result.stdout) == (0, True)


def test_compare_with_one_behind(tmp_path):
    """Lag is told, with who lacks what, and is no fault, 0."""
    behind = written(tmp_path / "behind", small(6))
    for entries, words in ((7, "lacks north 0/3 (1 entry)"), (9, "lacks north 0/3 to 0/4 (2 entries)")):
        result = run("compare", behind, written(tmp_path / "ahead", small(entries)))
        assert (result.exit_code, f"{behind} {words}" in result.stdout) == (0, True)
        assert "One is behind the other" in result.stdout


def test_compare_a_fork(tmp_path):
    """Two entries at one place, one in each, prove a fork: named, with both ids, 5."""
    one, other = small(), small()
    mine, theirs = message(one, 1, "one"), message(other, 1, "other")
    paths = written(tmp_path / "a", one), written(tmp_path / "b", other)
    result = run("compare", *paths)

    assert result.exit_code == 5
    assert "FORK at south 0/3: south signed two entries there." in result.stdout
    assert mine.id.hex() in result.stdout
    assert theirs.id.hex() in result.stdout
    plain = json.loads(run("compare", *paths, "--json").stdout)
    assert (plain["holds"], plain["differences"][0]["proven"]) == (False, True)


def test_compare_with_a_damaged_one(tmp_path, export):
    """What does not verify is said so, 5, and no fork is made of damage."""
    data = small().export()
    last = small().chains[0][-1].data
    (tmp_path / "a").write_bytes(data)
    (tmp_path / "b").write_bytes(data.replace(last, last[:-1] + bytes([last[-1] ^ 1])))
    result = run("compare", tmp_path / "a", tmp_path / "b")
    assert (result.exit_code, "FORK" in result.stdout) == (5, False)
    assert "no fork is proven" in result.stdout
    (tmp_path / "c").write_bytes(b"")
    result = run("compare", export, tmp_path / "c")
    assert (result.exit_code, "do not rest on one accord" in result.stdout) == (5, True)


# --- export ---


class Site:
    """A station's files: its store, accord and key file."""

    def __init__(self, directory: Path, book: Book, keys: StationKeys) -> None:
        self.store, self.accord, self.keys = directory / "store", directory / "accord", directory / "keys"
        self.words, self.out = directory / "words", directory / "out"
        store = open_store(self.store)
        kept = [x for chain in book.chains for x in chain]
        store.commit([PutEntry(x.place, x.id, x.data, 0) for x in kept])
        store.commit([PutStray(x.place, x.id, x.data, 0) for x in book.strays])
        store.close()
        self.accord.write_bytes(accords.encode_signed(book.made.signed))
        self.words.write_text("correct horse\n")
        self.keys.write_bytes(seal_key_file(keys.to_bytes(), "station", "correct horse", SeededEntropy(b"site")))

    def export(self, **other: object) -> Result:
        given = {"--accord": self.accord, "--keys": self.keys, "--out": self.out, "--passphrase-file": self.words}
        options = [x for pair in {**given, **other}.items() for x in pair]
        return run("export", self.store, *options)


def test_export_a_store(tmp_path):
    """The record in a store becomes an export of the side whose station key it is, which verifies."""
    book = small()
    fork(book, 0)
    book.rotate(1)
    for side in (0, 1):
        keys = StationKeys(
            station=book.signers[side], checkpoint=book.stations[side].checkpoint, prekeys=book.stations[side].prekeys
        )
        directory = tmp_path / str(side)
        directory.mkdir()
        site = Site(directory, book, keys)
        result = site.export()
        assert (result.exit_code, "VERIFIES" in result.stdout) == (0, True), result.output
        plain = json.loads(CliRunner().invoke(cli, ["audit", str(site.out), "--json"]).stdout)
        assert (plain["export"]["side"], plain["entries"], plain["strays"]) == (side, 7, 1)
        assert site.export().exit_code == 2


def test_export_with_a_wrong_file(tmp_path):
    """A key not in force, a key of another kind, no store, no accord, a wrong passphrase: nothing is written."""
    book = small()
    site = Site(tmp_path, book, StationKeys.generate(SeededEntropy(b"stranger")))
    assert site.export().exit_code == 2
    root = book.made.keys[0].root.to_bytes()
    site.keys.write_bytes(seal_key_file(root, "root", "correct horse", SeededEntropy(b"site")))
    assert site.export().exit_code == 2
    site.keys.write_bytes(
        seal_key_file(book.stations[0].to_bytes(), "station", "correct horse", SeededEntropy(b"site"))
    )
    (tmp_path / "other words").write_text("wrong")
    assert site.export(**{"--passphrase-file": tmp_path / "other words"}).exit_code != 0
    assert site.export(**{"--accord": tmp_path / "none"}).exit_code == 2
    assert site.export(**{"--out": tmp_path / "no directory" / "out"}).exit_code != 0
    assert not site.out.exists()
    site.store.unlink()
    assert site.export().exit_code != 0
    assert not site.store.exists()
