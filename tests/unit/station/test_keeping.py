"""The station's key file: its forms, and what a crash between two steps of a change leaves (spec 3.7, 4.2)."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from openline.keys.entropy import SeededEntropy
from openline.keys.keyfile import Cost, plain_key_file, seal_key_file
from openline.keys.secret import RootKeys, SigningKey, StationKeys, XwingKey
from openline.station.context import Identity
from openline.station.desk import Desk
from openline.station.durable import replace_file
from openline.station.key_file import KeyFile, is_plain
from openline.store.memory import MemoryStore
from openline.wire.errors import Misuse, Refused, StorageFault
from tests.accord_maker import made
from tests.unit.station.desks import Pair

ENTROPY = SeededEntropy(b"keeping")
WORDS = "correct horse"


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def asked(_whose: str) -> str:
    return WORDS


@pytest.mark.parametrize("form", ["sealed", "plain", "bare"])
def test_a_key_file_is_read_and_written_again_in_the_form_it_had(tmp_path, form):
    """What lay under a passphrase lies under it again; what lay open, open; the keys are the same."""
    keys = StationKeys.generate(ENTROPY)
    secret = keys.to_bytes()
    data = {
        "sealed": lambda: seal_key_file(secret, "station", WORDS, ENTROPY, cost=Cost(8, 1, 1)),
        "plain": lambda: plain_key_file(secret, "station"),
        "bare": lambda: secret,
    }[form]()
    path = put(tmp_path / "station.keys", data)
    file = KeyFile.open(path, asked)
    file.keys.next_station = SigningKey.generate(ENTROPY)
    asyncio.run(file.write(ENTROPY))
    again = KeyFile.open(path, asked)
    assert again.keys.to_bytes() == file.keys.to_bytes()
    assert is_plain(path.read_bytes()) == (form != "sealed")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["station.keys"]


def test_keys_that_others_may_read_are_refused(tmp_path):
    """An open key file that its group may read does not start a station."""
    path = put(tmp_path / "station.keys", StationKeys.generate(ENTROPY).to_bytes())
    path.chmod(0o640)
    with pytest.raises(Misuse, match="others"):
        KeyFile.open(path, asked)


def test_a_disk_that_takes_nothing_leaves_the_file_as_it_was(tmp_path):
    """A write that fails is told, and the keys that were in the file are in it still."""
    path = put(tmp_path / "station.keys", b"before")
    (tmp_path / "station.keys.new").mkdir()
    with pytest.raises(StorageFault, match="cannot be written"):
        replace_file(path, b"after")
    assert path.read_bytes() == b"before"


def test_a_link_to_the_key_file_stays_a_link(tmp_path):
    """Keys on another disk, behind a link, are written there."""
    put(tmp_path / "real", b"before")
    os.symlink(tmp_path / "real", tmp_path / "station.keys")
    replace_file(tmp_path / "station.keys", b"after")
    assert (tmp_path / "real").read_bytes() == b"after"
    assert (tmp_path / "station.keys").is_symlink()


# ---- the steps of a rotation


def desk_on(store: MemoryStore, file: bytes) -> Desk:
    """A station started on what a crash left: a store, and a key file."""
    table = made()
    desk = Desk(Identity(table.signed, 0, StationKeys.from_bytes(file), table.psk), store, SeededEntropy(b"again"))
    return desk


@pytest.mark.parametrize("crash", ["before anything", "keys written", "entry written", "key of before forgotten"])
def test_a_crash_between_any_two_steps_leaves_a_station_that_starts_and_signs(crash):
    """Whatever the step, the file holds the key in force: the station starts, signs, and can end its rotation."""
    pair = Pair()
    desk = pair.desks[0]
    keys, now = desk.identity.keys, pair.now
    file, store = keys.to_bytes(), desk.ctx.store
    before = keys.station.public
    if crash != "before anything":
        keys.next_station = SigningKey.generate(ENTROPY)
        keys.add_prekey(XwingKey.generate(ENTROPY))
        file = keys.to_bytes()
    if crash in ("entry written", "key of before forgotten"):
        desk.name_keys(now)
        pair.take(0)
    if crash == "key of before forgotten":
        assert keys.settle(desk.ctx.record.cursors[0].key)
        file = keys.to_bytes()
    assert isinstance(store, MemoryStore)

    again = desk_on(store.crash(), file)
    again.start(now)
    again.take()
    held, in_force = again.identity.keys, again.ctx.record.cursors[0].key
    assert again.ctx.station_key().public == in_force
    assert (in_force == before) == (crash in ("before anything", "keys written"))
    if held.next_station is None:
        held.next_station = SigningKey.generate(ENTROPY)
        held.add_prekey(XwingKey.generate(ENTROPY))
    held.settle(in_force)
    if held.next_station is None:
        held.next_station = SigningKey.generate(ENTROPY)
    again.name_keys(now)
    assert held.settle(again.ctx.record.cursors[0].key)
    assert held.station.public != before


def test_a_station_whose_keys_are_not_those_of_its_record_does_not_start_without_its_root():
    """Another key file than the last is said before anything is appended; with the root at hand it comes back."""
    pair = Pair()
    store = pair.desks[0].ctx.store
    assert isinstance(store, MemoryStore)
    other = StationKeys.generate(ENTROPY).to_bytes()
    with pytest.raises(Misuse, match="not the ones in force"):
        desk_on(store.crash(), other).start(pair.now)
    desk = desk_on(store.crash(), other)
    desk.start(pair.now, root=RootKeys.generate(ENTROPY))
    with pytest.raises(Refused, match="restoring"):
        desk.check_appending()


# ---- prekeys


def test_old_prekeys_go_when_the_other_side_seals_to_a_newer_one():
    """After a rotation an opener to the new prekey is told; then what was before it, and learnt by it, is destroyed."""
    pair = Pair()
    north = pair.desks[0]
    keys = north.identity.keys
    told = []
    north.rotate_keys(SigningKey.generate(ENTROPY), XwingKey.generate(ENTROPY), pair.now)
    pair.take(0)
    while pair.sent:
        side, send = pair.sent.pop(0)
        pair.desks[1 - side].arrive(send.carrier, send.data, pair.now)
        told += [event for event in pair.take(1 - side).events if event.what == "prekey_used" and side == 1]
    assert [event.id for event in told] == [keys.xwing.id]
    assert len(keys.prekeys) == 2
    assert len(north.sealer.theirs) > 1
    assert keys.retire_prekeys(told[0].id)
    north.sealer.forget_before(told[0].id)
    pair.take(0)
    assert len(keys.prekeys) == len(north.sealer.theirs) == len(north.ctx.store.metas("epoch/")) == 1
    north.paths.pulse_all()
    pair.desks[1].paths.pulse_all()
    pair.take(0), pair.take(1)
    assert pair.deliver() > 0
    assert not [event for event in north.take().events if event.what == "damaged"]
