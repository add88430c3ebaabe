"""Stage 1, composed: an officer's command becomes a draft, or a rule refuses it (spec 1)."""

from __future__ import annotations

import pytest

from openline.core.release import Draft
from openline.station.commands import CutLines, SendMessage
from openline.wire.bodies import Message
from openline.wire.errors import Refused
from openline.wire.terms import Lane
from tests.simulation.pair import Node, Pair


def test_a_command_becomes_a_draft(north: Node, command: SendMessage) -> None:
    """A draft is what would be recorded; it is nobody's word yet, and nothing was written."""
    draft = north.running.draft(command, north.now)
    assert isinstance(draft, Draft)
    assert isinstance(draft.body, Message)
    assert draft.body.text == command.text
    assert draft.body.number == 1  # north's first on this line this year
    assert north.record.count == 0


def test_a_cut_line_refuses_and_says_why(pair: Pair, north: Node, south: Node, command: SendMessage) -> None:
    """South cut the line: ordinary traffic is refused where it is composed, distress is not."""
    south.enact(CutLines(lines=(0,), lanes=(Lane.LIAISON, Lane.SAFETY)))
    pair.settle()
    with pytest.raises(Refused, match="the liaison lane of panmunjom is suspended"):
        north.running.draft(command, north.now)
    distress = north.running.draft(SendMessage(line=0, lane=Lane.SAFETY, text="Man overboard."), north.now)
    assert "goes out all the same" in distress.warnings[0]
