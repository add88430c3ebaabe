"""Orders of the journey, right and wrong, for the type checker alone: nothing here is ever run.

A line that has to fail says so at its end; every other line has to pass (tests/typing/test_wrong_order.py).
"""

from __future__ import annotations

from openline.core.record import Record
from openline.core.release import Draft, Released, by_station, release
from openline.station.context import Context
from openline.station.desk import Desk
from openline.station.sealer import Sealer
from openline.wire.accord import Accord
from openline.wire.bodies import Ack, Message
from openline.wire.bundle import Payload, encode_payload
from openline.wire.entry import Entry


def right(context: Context, sealer: Sealer, accord: Accord, record: Record, draft: Draft) -> bytes:
    released: Released = release(accord, b"", 0, draft, (), {})
    entry: Entry = context.append(released)
    record.examine([entry], {})
    context.append(by_station(Ack()))
    return sealer.seal(Payload(entries=(entry.data,)))


def recording_what_nobody_released(context: Context, draft: Draft) -> None:
    context.append(draft)  # does not type-check


def recording_a_bare_body(context: Context) -> None:
    context.append(Message(number=1, text="not released"))  # does not type-check


def recording_a_draft_at_the_desk(desk: Desk, draft: Draft) -> None:
    desk.record(draft, desk.ctx.now)  # does not type-check


def releasing_what_is_released(accord: Accord, released: Released) -> None:
    release(accord, b"", 0, released, (), {})  # does not type-check


def sealing_what_is_not_recorded(sealer: Sealer, released: Released) -> None:
    sealer.seal(released)  # does not type-check


def carrying_an_entry_in_clear(desk: Desk, entry: Entry) -> None:
    desk.arrive(0, entry, desk.ctx.now)  # does not type-check


def examining_what_was_not_opened(record: Record, payload: Payload) -> None:
    record.examine(encode_payload(payload), {})  # does not type-check
