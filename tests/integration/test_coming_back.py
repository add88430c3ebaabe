"""Two real stations, and one of them comes back: from a backup, or from what the other side holds (spec 5.8)."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest

from openline.carriers import live
from openline.console.accounts.roster import Passkey
from openline.console.accounts.service import open_accounts
from openline.wire.errors import Refused
from tests.integration.keeping import WORDS, destroy, fill, root_file, run, words_file
from tests.integration.pairs import Pair, Station, make_pair

pytestmark = pytest.mark.slow


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Two stations on a live line."""
    made = make_pair(tmp_path / "pair")
    made.start()
    made.wait_through()
    yield made
    made.stop()


def whole(station: Station) -> None:
    """Until a station holds what the other side holds, and may append."""
    station.wait_until(lambda: (status := station.status()) is not None and not status.restoring)


def kept_waiting_s(station: Station) -> float:
    """How long a station's loop was ready to run and got no processor, since its start; without end where the system
    does not say."""
    assert station.process is not None
    counted = Path(f"/proc/{station.process.pid}/schedstat")
    return int(counted.read_text().split()[1]) / 1e9 if counted.exists() else inf


def test_a_destroyed_site_comes_back_from_the_other_side_and_nothing_acknowledged_is_lost(pair, tmp_path):
    """Folder, record and keys are gone; with the root's key file the record comes back over the live carrier, under new
    keys, and the line goes on."""
    north, south = pair.both
    sent = [north.message(f"before {number}") for number in range(40)] + [south.message("ours")]
    pair.wait_equal()
    north.kill()
    destroy(north)
    words, root = words_file(tmp_path), root_file(north, tmp_path)
    by_root = ("restore", north.config, "--from", "peer", "--root", root, "--root-passphrase-file", words)
    text = north.config.read_text()
    north.config.write_text(text.replace('[station]', '[station]\npassphrase_file = "passphrase"'))
    lost = run(*by_root, code=2)
    assert "is lost too" in lost.stderr
    assert not (north.folder / "station.tls").exists()
    north.config.write_text(text)

    run(*by_root, "--passphrase-file", words)
    assert (north.folder / "record.sqlite").stat().st_mode & 0o077 == 0
    assert not north.folder.joinpath("station.keys").read_bytes().startswith(b"\xa4")
    arguments = ("--root", root, "--root-passphrase-file", words, "--passphrase-file", words)
    north.start(*(str(word) for word in arguments))
    whole(north)
    after = north.message("we are back")
    pair.wait_equal()

    status = north.status()
    assert status is not None
    assert status.heads.ours.startswith("north 1/")
    assert after.place.startswith("north 1/")
    exported = tmp_path / "north.openline"
    run("record", "export", "--station", north.config, "--out", exported)
    listed = run("record", "show", exported, "--json").stdout
    assert all(entry.id in listed for entry in sent)
    north.stop()
    north.start("--passphrase-file", str(words))
    assert north.message("and without the root").place.startswith("north 1/")
    pair.wait_equal()


def test_a_long_record_comes_back_without_stopping_either_station(tmp_path, soak, counted):
    """100,000 entries, or 6,000, come a few at a time: the other side goes on answering, and sees the station whole."""
    count = 100_000 if soak else 6_000
    made = make_pair(tmp_path / "pair")
    north, south = made.both
    try:
        fill(north, count)
        made.start()
        made.wait_equal(600)
        north.kill()
        destroy(north)
        words, root = words_file(tmp_path), root_file(north, tmp_path)
        arguments = ("--root", root, "--root-passphrase-file", words, "--passphrase-file", words)
        run("restore", north.config, "--from", "peer", *arguments)
        north.start(*map(str, arguments))
        north.wait_until(lambda: (status := north.status()) is not None and not status.restoring, 600)
        status = north.status()
        assert status is not None
        assert status.heads.entries > count
        counted(count, "entries brought back to a destroyed site")
        # A path is given up when its loop lets two seconds pass: by its own work, never; by a machine that has no
        # processor for it, as often as that kept it waiting so long. Once it was killed.
        stalls = sum(kept_waiting_s(station) for station in made.both) / live.PONG_S
        assert south.log.count('"carrier_down"') <= 1 + stalls
    finally:
        made.stop()


def test_an_old_backup_is_caught_up_before_anything_is_appended(pair, tmp_path):
    """A backup made on a running station, then more of both chains, then the disk is lost: the station refuses its
    officers until the other side has shown it what came since, and forks nothing."""
    north, south = pair.both
    words = words_file(tmp_path)
    north.message("before the backup")
    pair.wait_equal()
    run("backup", tmp_path / "copy", "--station", north.config, "--passphrase-file", words)
    run("backup", "check", tmp_path / "copy", "--passphrase-file", words)
    later = [north.message("after the backup"), south.message("theirs")]
    pair.wait_equal()
    pair.stop()
    (north.folder / "record.sqlite").write_bytes(b"")  # a disk that failed
    (north.folder / "station.keys").unlink()

    run("restore", north.config, "--from", tmp_path / "copy", "--passphrase-file", words)
    assert (north.folder / "record.sqlite").stat().st_mode & 0o077 == 0
    north.start()
    assert not [path for path in north.folder.glob("record.sqlite-*") if path.stat().st_mode & 0o077]
    status = north.status()
    assert status is not None
    assert status.restoring
    assert "it waits for a path to south" in run("status", "--station", north.config).stdout
    with pytest.raises(Refused, match="restoring"):
        north.message("too early")
    south.start()
    whole(north)
    north.message("caught up")
    pair.wait_equal()

    exported = tmp_path / "north.openline"
    run("record", "export", "--station", north.config, "--out", exported)
    listed = run("record", "show", exported, "--json").stdout
    assert all(entry.id in listed for entry in later)
    assert [path.name for path in north.folder.glob("record.sqlite.2*")], "what stood there was kept"
    theirs = tmp_path / "south.openline"
    run("record", "export", "--station", south.config, "--out", theirs)
    assert "The heads agree" in run("record", "compare", exported, theirs).stdout
    beside = run("record", "compare", theirs, "--station", north.config).stdout
    assert "\nnorth (running) (record of north): VERIFIES" in beside


def test_a_backup_is_never_made_over_anything_and_damage_is_found(pair, tmp_path):
    """A name that is taken is refused; one altered byte, or one lost file, fails the check."""
    north = pair.north
    words = words_file(tmp_path)
    copy = tmp_path / "copy"
    run("backup", copy, "--station", north.config, "--passphrase-file", words)
    run("backup", copy, "--station", north.config, "--passphrase-file", words, code=2)
    run("backup", "check", copy)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".copy")], "nothing is left over"
    for name in ("record.sqlite", "secrets.sealed", "accord"):
        data = (copy / name).read_bytes()
        (copy / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        assert name in run("backup", "check", copy, code=1).output
        (copy / name).write_bytes(data)
    (copy / "record.sqlite").unlink()
    run("backup", "check", copy, code=1)


def test_secrets_lie_open_in_a_backup_only_where_the_stations_own_do(pair, tmp_path):
    """--plain is refused for a station whose keys are under a passphrase; a sealed backup holds no secret in clear."""
    north = pair.north
    words = words_file(tmp_path)
    secret = (north.folder / "table.secret").read_bytes()
    run("backup", tmp_path / "sealed", "--station", north.config, "--passphrase-file", words)
    run("backup", tmp_path / "open", "--station", north.config, "--plain")
    held = {name: b"".join(p.read_bytes() for p in (tmp_path / name).iterdir()) for name in ("sealed", "open")}
    assert secret not in held["sealed"]
    assert secret in held["open"]
    run("backup", "check", tmp_path / "open")
    assert WORDS.encode() not in held["sealed"]


def kept_by_a_console(station):
    """The file of a station's console, while that runs: a supervisor with a session, and a code that waits."""
    with station.config.open("a") as config:
        config.write('[console]\nlisten = "127.0.0.1:1"\norigin = "http://south.localhost:1"\nstore = "desk.sqlite"\n')
    accounts = open_accounts(station.folder / "desk.sqlite", "http://south.localhost:1", "", 3600)
    now_s = accounts.now().clock_s
    accounts.roster.set_roles("kim", ["supervisor"], "", now_s)
    code = accounts.roster.make_code("kim", "", now_s)
    accounts.roster.add_passkey(Passkey(b"credential", "kim", b"key", 7, "ring", now_s, None), None)
    return accounts, accounts.sessions.begin("kim", now_s, b"credential"), code


def test_the_consoles_file_comes_back_with_nobody_signed_in(pair, tmp_path):
    """Copied beside the console that writes it: passkeys, roles and the log are there, whole; no session, and no code
    works again. What is there is kept; a log that was altered in the backup is found."""
    station, words = pair.south, words_file(tmp_path)
    running, token, code = kept_by_a_console(station)
    run("backup", tmp_path / "copy", "--station", station.config, "--passphrase-file", words)
    assert "whole" in run("backup", "check", tmp_path / "copy").output
    for each in (token, code.replace("-", "")):
        assert each.encode() not in (tmp_path / "copy" / "console.sqlite").read_bytes()
    head = running.log.check().head
    running.close()
    pair.stop()
    kept = run("restore", station.config, "--from", tmp_path / "copy", "--passphrase-file", words)
    assert "desk.sqlite: is there; kept" in kept.output

    (station.folder / "desk.sqlite").unlink()
    run("restore", station.config, "--from", tmp_path / "copy", "--passphrase-file", words)
    assert (station.folder / "desk.sqlite").stat().st_mode & 0o077 == 0
    back = open_accounts(station.folder / "desk.sqlite", "http://south.localhost:1", "", 3600)
    now_s = back.now().clock_s
    assert [each.value for each in back.roster.roles("kim")] == ["supervisor"]
    assert [each.sign_count for each in back.roster.passkeys("kim")] == [7]
    assert back.sessions.find(token, now_s) is None
    with pytest.raises(Refused):
        back.roster.whose_code(code, now_s)
    assert (back.log.check().wrong, back.log.check().head) == ("", head)
    back.close()

    changed = sqlite3.connect(tmp_path / "copy" / "console.sqlite")
    changed.execute("DROP TRIGGER log_fixed")
    changed.execute("UPDATE log SET officer = 'lee' WHERE number = 1")
    changed.commit()
    changed.close()
    manifest = json.loads((tmp_path / "copy" / "MANIFEST.json").read_text())
    data = (tmp_path / "copy" / "console.sqlite").read_bytes()
    for each in manifest["files"]:
        if each["name"] == "console.sqlite":
            each |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (tmp_path / "copy" / "MANIFEST.json").write_text(json.dumps(manifest))
    assert "its log is broken" in run("backup", "check", tmp_path / "copy", code=1).output


def test_a_running_station_is_not_restored_over(pair, tmp_path):
    """Restoring is refused while the station runs, and its record is as it was."""
    words = words_file(tmp_path)
    run("backup", tmp_path / "copy", "--station", pair.north.config, "--passphrase-file", words)
    run("restore", pair.north.config, "--from", tmp_path / "copy", "--passphrase-file", words, code=2)
    pair.north.message("still here")
    pair.wait_equal()
