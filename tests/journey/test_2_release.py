"""Stage 2, released: the act that lets a draft out, by as many officers as the accord asks for (spec 2)."""

from __future__ import annotations

import pytest

from openline.core.release import Released, approve
from openline.station.commands import CutLines, SendMessage
from openline.wire.errors import Refused
from tests.simulation.pair import Node


def test_a_message_is_released_by_the_officer_on_watch(north: Node, command: SendMessage) -> None:
    """This accord asks for no signature under a message: who composed it may let it out."""
    draft = north.running.draft(command, north.now)
    assert isinstance(north.running.release(draft), Released)


def test_a_cut_needs_two_officers_with_their_own_keys(north: Node) -> None:
    """This accord asks for two persons under a suspension; one signature twice is one person."""
    desk, accord_id = north.running, north.pair.made.id
    draft = desk.draft(CutLines(lines=None, reason="leaflets"), north.now)
    pak = approve(accord_id, north.side, draft, 0, 1, north.officers[0])
    ri = approve(accord_id, north.side, draft, 1, 1, north.officers[1])
    with pytest.raises(Refused, match="needs the approval of 2 officers of north"):
        desk.release(draft, [pak])
    with pytest.raises(Refused):
        desk.release(draft, [pak, pak])
    assert isinstance(desk.release(draft, [pak, ri]), Released)
