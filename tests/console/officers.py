"""Officers who release drafts with their own keys, for tests that need something to be in the record.

Rules of this file: it does what the command line does, with the test's keys; nothing is signed that is not decoded.
"""

from __future__ import annotations

from openline.keys.public import officer_message
from openline.station.api import types as t
from openline.wire import bodies, cbor
from openline.wire.accord import decode_signed
from tests.integration.pairs import Station


def released(station: Station, command: t.Command) -> t.Entry:
    """Draft a command and approve it with as many officers as it takes."""
    drafted = station.draft(command)
    return drafted.entry if drafted.entry is not None else approved(station, drafted)


def approved(station: Station, drafted: t.Drafted) -> t.Entry:
    """Approve a draft that waits."""
    match cbor.decode(bytes.fromhex(drafted.body)):
        case [int(kind), plain]:
            body = bodies.from_plain(kind, plain)
    accord = decode_signed(station.asking.get("/v1/accord", bytes))
    for number, officer in enumerate(station.keys.officers):
        counter = drafted.counters[officer.name]
        signature = officer.sign(officer_message(accord.id, station.side, body, number, counter)).hex()
        approval = t.Approve(officer=officer.name, counter=counter, signature=signature)
        drafted = station.asking.post(f"/v1/drafts/{drafted.id}/approvals", approval, t.Drafted)
        if drafted.entry is not None:
            return drafted.entry
    raise AssertionError(f"nobody is left to approve {drafted}")
