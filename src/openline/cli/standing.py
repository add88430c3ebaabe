"""A station's folder: what `openline up` starts from, and a pair of them on one machine for trying (docs/setup.md).

Rules of this file: the root's keys stay where they are and never come into a station's folder; what is written here is
read back and checked as a start would, before anybody is told that it is done.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from openline.cli.files import write_new
from openline.cli.founding import (
    SECRET_FILE,
    STATION_FILE,
    SidePlan,
    all_or_none,
    make_side,
    new_folder,
    open_side,
    root_of,
)
from openline.keys import cards, tls
from openline.keys.cards import Half, PostPlan
from openline.keys.founding import draft, sign_accord
from openline.keys.keyfile import open_plain_key_file
from openline.keys.public import check_accord
from openline.keys.secret import RootKeys, join_psk
from openline.ports import Entropy
from openline.station import config
from openline.station.api.types_agreed import TRIAL
from openline.station.config_writing import VoiceWay, Way, written
from openline.station.reading import read_secret
from openline.store import open_store
from openline.wire import accord as accords
from openline.wire.accord import Carrier, CarrierKind, Line, SignedAccord
from openline.wire.terms import CheckIn

CONFIG_FILE: Final = "station.toml"
STORE_FILE: Final = "record.sqlite"
TRIAL_SIDES: Final = ("north", "south")
TRIAL_CARRIERS: Final = (Carrier(id="fibre", latency_ms=1), Carrier(id="stick", kind=CarrierKind.COURIER))
LOOPBACK: Final = "127.0.0.1"
_DAILY: Final = 1


class Founded(NamedTuple):
    """What a station's folder is made of, beside its own keys."""

    signed: SignedAccord
    psk: bytes


def make_station(
    at: Path,
    founded: Founded,
    us: int,
    keys_file: bytes,
    root: RootKeys,
    ways: Sequence[Way],
    entropy: Entropy,
    *,
    metrics: str = "",
    store: str = STORE_FILE,
    voice: VoiceWay | None = None,
) -> Path:
    """Fill a station's folder, which is there; gives its configuration. `keys_file`: the bytes of the station's key
    file; `store`: as the configuration names it; `voice`: how calls are spoken. The empty record is made here and never
    by a start: a station whose record is gone must not take itself for a new one (spec 5.8).

    Raises:
        Misuse: a file of that name is there already, a way is no address, or `store` is no store.
        StorageFault: the disk did not take it, or the database cannot be reached.
    """
    side = founded.signed.accord.sides[us].name
    protected = open_plain_key_file(keys_file) is None
    text = written(side, ways, protected=protected, metrics=metrics, store=store, voice=voice)
    read = config.read(text, CONFIG_FILE, at, founded.signed.accord)  # a wrong address is told before any is written
    with all_or_none(at):
        write_new(at / "accord", accords.encode_signed(founded.signed), secret=False)
        write_new(at / STATION_FILE, keys_file, secret=True)
        write_new(at / SECRET_FILE, founded.psk, secret=True)
        write_new(at / "station.tls", tls.issue(root, entropy), secret=True)
        write_new(at / CONFIG_FILE, text.encode(), secret=False)
        open_store(read.station.store).close()
    return at / CONFIG_FILE


def make_pair(at: Path, zone: str, founded_s: int, entropy: Entropy) -> tuple[Path, Path]:
    """Two stations that reach each other on this machine, without passphrases: for trying, and for nothing else.
    Gives their configurations. `founded_s`: seconds since 1970.

    Raises:
        Misuse: the folder is not empty.
        StorageFault: the disk did not take it.
    """
    new_folder(at)
    made = []
    for name in TRIAL_SIDES:
        plan = SidePlan(
            name=name,
            zone=zone,
            language="",
            officers=(f"{name}-first", f"{name}-second"),
            principals=(f"{name}-principal",),
            posts=(PostPlan("duty desk", (cards.ALL_LINES,)),),
        )
        new_folder(at / name)
        made.append(make_side(at / name / "keys", plan, None, entropy))
    founded = _trial_accord(at, made, zone, founded_s)
    addresses = free_addresses(6)
    live, metrics, voice = addresses[:2], addresses[2:4], addresses[4:]
    paths = []
    for us, name in enumerate(TRIAL_SIDES):
        keys = at / name / "keys"
        fibre = Way(TRIAL_CARRIERS[0], listen=live[us], connect=(live[1 - us],))
        paths.append(
            make_station(
                at / name,
                founded,
                us,
                read_secret(keys / STATION_FILE),
                root_of(keys, None),
                [fibre, Way(TRIAL_CARRIERS[1])],
                entropy,
                metrics=metrics[us],
                voice=VoiceWay(voice[us], voice[1 - us], LOOPBACK),
            )
        )
    return paths[0], paths[1]


def _trial_accord(at: Path, made: Sequence[cards.Card], zone: str, founded_s: int) -> Founded:
    check_ins = tuple(CheckIn(hour * 3600, 1, _DAILY, zone) for hour in (9, 17))
    lines = (
        Line(id="hotline", carriers=(0,), check_ins=check_ins),
        Line(id="military", carriers=(0,)),
    )
    halves = [cards.decode(read_secret(at / name / "keys" / f"{name}.half")) for name in TRIAL_SIDES]
    first, second = (half.secret for half in halves if isinstance(half, Half))
    psk = join_psk(first, second)
    sides = (cards.seated(made[0], lines), cards.seated(made[1], lines))
    document = accords.encode(draft(TRIAL, founded_s, sides, TRIAL_CARRIERS, lines, psk))
    agreed = accords.decode(document)
    signatures = [
        sign_accord(document, *open_side(at / name / "keys", agreed, None)) for name in TRIAL_SIDES
    ]
    signed = SignedAccord(agreed, document, (signatures[0], signatures[1]))
    check_accord(signed)
    return Founded(signed, psk)


def free_addresses(count: int) -> list[str]:
    """Loopback addresses whose ports nothing listens at now."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{one.getsockname()[1]}" for one in held]
    finally:
        for one in held:
            one.close()
