"""START HERE: the journey of a message, stage by stage (spec 1 to 8).

    composed → released → recorded → sealed → carried → verified → acknowledged → shown → answered
    └──────────── our station ────────────┘   carrier   └──────────── their station ────────────┘

    EntryCommand ─compose─▶ Draft ─release─▶ Released ─append─▶ Entry
    Payload (of entries) ─seal─▶ bytes ─ carriers ─▶ bytes ─open─▶ Payload ─examine─▶ Examined
    Examined ─take─▶ Effects: their entries durable first, then our acknowledgement sent
    Item ─show─▶ Receipt          SendAnswer ─compose─▶ Draft, and the journey goes back

Each stage takes one type and gives the next, so that the wrong order does not type-check: only `release` makes a
`Released`, and `Context.append` takes nothing else (tests/typing holds it). What the record then *means* is no stage
but a function of it: `core/state.py` (spec 10) and `core/silence.py` (spec 11).

Rules of this file: it says where things are and does nothing; ARCHITECTURE.md shows the same table, and a test holds
both to each other and to the tree. Types and functions are named by their path below `openline`.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Stage(NamedTuple):
    """One stage: its name, the type it takes and the one it gives, the module and function that turn the one into the
    other, where the spec has it, the test that holds it, and what proof it leaves."""

    name: str
    takes: str
    gives: str
    by: str
    module: str
    spec: str
    test: str
    proof: str


STAGES: Final[tuple[Stage, ...]] = (
    Stage(
        "composed", "station.commands.EntryCommand", "core.release.Draft", "station.compose.compose",
        "station/compose.py", "1", "unit/station/test_compose.py",
        "none: a draft is nobody's word yet",
    ),
    Stage(
        "released", "core.release.Draft", "core.release.Released", "core.release.release",
        "core/release.py", "2, 3.6", "unit/core/test_release.py",
        "the officers' signatures, each with a counter that only rises",
    ),
    Stage(
        "recorded", "core.release.Released", "wire.entry.Entry", "station.context.Context.append",
        "station/context.py", "3.1, 3.2, 3.3", "unit/wire/test_entry.py",
        "the station's signature over the entry, its place and both heads, durable before anything is sent",
    ),
    Stage(
        "sealed", "wire.bundle.Payload", "bytes", "station.sealer.Sealer.seal",
        "station/sealer.py", "4", "unit/keys/test_sealing.py",
        "none to outsiders: a bundle shows who it is for to nobody else",
    ),
    Stage(
        "carried", "bytes", "wire.bundle.Payload", "station.sealer.Sealer.open",
        "station/outbox.py", "5", "unit/station/test_outbox.py",
        "none: a carrier's word is evidence of a path, not of a message",
    ),
    Stage(
        "verified", "wire.bundle.Payload", "core.record.Examined", "core.record.Record.examine",
        "core/record.py", "6", "unit/core/test_chain.py",
        "where the other side broke a rule, two of its own signatures that show it",
    ),
    Stage(
        "acknowledged", "core.record.Examined", "station.context.Effects", "station.desk.Desk.take",
        "station/inbound.py", "7", "unit/core/test_receipts.py",
        "their station's signature over the id of the entry",
    ),
    Stage(
        "shown", "core.ledger.Item", "wire.bodies.Receipt", "station.desk.Desk.show",
        "station/desk.py", "8", "unit/core/test_receipts.py",
        "their station's signature that an officer opened it",
    ),
    Stage(
        "answered", "station.commands.SendAnswer", "core.release.Draft", "station.compose.compose",
        "station/compose.py", "1.7, 7.1", "unit/core/test_receipts.py",
        "a message of theirs that names it",
    ),
)  # fmt: skip
