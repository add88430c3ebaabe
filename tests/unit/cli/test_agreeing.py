"""What an officer asked for, held against what the station drafted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openline.cli.agreeing import BODIES, agrees
from openline.station.api import types as t
from openline.wire import bodies
from openline.wire.bodies import Body
from openline.wire.terms import CheckIn, Lane, Level, Precedence
from tests.accord_maker import made

ACCORD = made().signed.accord
ID, OTHER = b"\x01" * 32, b"\x02" * 32
SIGNED = {"ed25519": b"\x03" * 64, "mldsa44": b"\x04" * 2420}
TEXTS = (("en", "x"),)
MESSAGE = bodies.Message(line=1, lane=Lane.SAFETY, number=7, text="x", precedence=Precedence.FLASH, due_s=60)
MARKS: dict[str, Any] = {"line": "military west", "lane": "safety", "precedence": "FLASH", "due_s": 60}
AMEND = bodies.Amend(
    line=0, effective_s=9, check_ins=(CheckIn(32_400, 1, 0, "Asia/Seoul"),), carriers=(1, 0), expires_s=99,
    holidays=(18_820,), pulse_s=30,
)  # fmt: skip

CALLED = t.CheckIn(at="09:00", caller="south", days="working", zone="Asia/Seoul")

AGREED: list[tuple[t.Command, Body, list[dict[str, Any]]]] = [
    (
        t.Message(text="x", **MARKS), MESSAGE,
        [
            {"text": "y"}, {"line": 0}, {"lane": Lane.LIAISON}, {"precedence": Precedence.ROUTINE}, {"due_s": 0},
            {"exercise": True}, {"language": "ko"}, {"corrects": ID}, {"translation_of": ID}, {"answers": ID},
            {"action": ("a",)}, {"info": ("a",)},
        ],
    ),
    (
        t.Notice(line="panmunjom", form="f", fields={"a": "1"}),
        bodies.Notice(number=1, form="f", fields=(("a", "1"),)),
        [{"form": "g"}, {"fields": ()}, {"fields": (("a", "2"),)}],
    ),
    (
        t.Document(line="panmunjom", pages=ID.hex(), title="map"),
        bodies.Document(number=1, size=5, digest=ID, title="map"),
        [{"digest": OTHER}, {"title": ""}],
    ),
    (
        t.Reply(to="north 0/1", text="x", due_s=5), bodies.Message(number=1, text="x", answers=ID, due_s=5),
        [{"text": "y"}, {"exercise": True}, {"due_s": 0}],
    ),
    (
        t.Suspend(lines=("panmunjom",), reason="r", from_s=5),
        bodies.Suspend(scope=((0, Lane.LIAISON),), reason="r", from_s=5),
        [{"reason": ""}, {"from_s": 0}, {"scope": ((1, Lane.LIAISON),)}, {"scope": ((0, Lane.SAFETY),)},
         {"scope": ((0, Lane.LIAISON), (1, Lane.LIAISON))}],
    ),
    (
        t.Suspend(), bodies.Suspend(scope=((0, Lane.LIAISON), (1, Lane.LIAISON))),
        [{"scope": ((0, Lane.LIAISON), (0, Lane.SAFETY))}],
    ),
    (
        t.Propose(lines=("panmunjom",), effective_s=9),
        bodies.Propose(scope=((0, Lane.LIAISON),), effective_s=9, lists=(ID,)),
        [{"effective_s": 8}, {"scope": ((1, Lane.LIAISON),)}],
    ),
    (
        t.Accept(target=ID.hex(), ed25519=SIGNED["ed25519"].hex(), mldsa44=SIGNED["mldsa44"].hex()),
        bodies.Accept(target=ID, **SIGNED), [{"target": OTHER}, {"ed25519": None}, {"mldsa44": None}],
    ),
    (
        t.Amend(line="panmunjom", effective_s=9, check_ins=(CALLED,),
                carriers=("satellite", "copper"), expires_s=99, holidays=("2021-07-12",), pulse_s=30),
        AMEND,
        [{"line": 1}, {"effective_s": 8}, {"expires_s": None}, {"pulse_s": 60}, {"carriers": (0,)}, {"holidays": ()},
         {"check_ins": ()}, {"check_ins": (CheckIn(32_400, 0, 0, "Asia/Seoul"),)}, {"carriers": None},
         {"check_ins": (CheckIn(32_400, 1, 1, "Asia/Seoul"),)}, {"check_ins": (CheckIn(32_400, 1, 0, "Asia/Tokyo"),)},
         {"check_ins": (CheckIn(32_430, 1, 0, "Asia/Seoul"),)}],
    ),
    (
        t.Statement(texts=dict(TEXTS), ed25519="", mldsa44=""), bodies.Announce(texts=TEXTS, **SIGNED),
        [{"texts": (("en", "y"),)}],
    ),
    (
        t.Acknowledge(target="south 0/1", officer="ri"), bodies.Receipt(seq=1, level=Level.ACKNOWLEDGED, officer=1),
        [{"officer": 0}, {"officer": 9}],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "body", "changes"), AGREED, ids=[type(each[0]).__name__ for each in AGREED])
def test_a_draft_agrees_until_something_that_was_asked_for_is_changed(
    asked: t.Command, body: Any, changes: list[dict[str, Any]]
) -> None:
    """The honest body is signed; each change of what the officer named is not."""
    assert agrees(ACCORD, 0, asked, body)
    for change in changes:
        assert not agrees(ACCORD, 0, asked, replace(body, **change)), change


def test_no_command_is_signed_as_another_kind() -> None:
    """Each command has its kinds of body, every command has some, and none takes another's."""
    assert set(BODIES) == set(t.AnyCommand.__args__)
    for asked, _, _ in AGREED:
        for other, body, _ in AGREED:
            if not isinstance(body, BODIES[type(asked)]):
                assert not agrees(ACCORD, 0, asked, body), (asked, other)


def test_a_minute_is_no_announcement() -> None:
    """The two are signed in other words, and neither passes for the other."""
    asked = t.Statement(texts=dict(TEXTS), ed25519="", mldsa44="", minute=True)
    assert agrees(ACCORD, 0, asked, bodies.Minute(texts=TEXTS, **SIGNED))
    assert not agrees(ACCORD, 0, asked, bodies.Announce(texts=TEXTS, **SIGNED))


def test_numbers_beyond_the_accord_and_the_calendar_are_another_draft() -> None:
    """A station that drafts a carrier which the accord lacks, or a day past all calendars, gets no signature."""
    asked = t.Amend(line="panmunjom", effective_s=9, carriers=("copper",), holidays=("2021-07-12",))
    honest = bodies.Amend(effective_s=9, carriers=(0,), holidays=(18_820,))
    assert agrees(ACCORD, 0, asked, honest)
    assert not agrees(ACCORD, 0, asked, replace(honest, carriers=(31,)))
    assert not agrees(ACCORD, 0, asked, replace(honest, holidays=(10**7,)))
