"""The journey of one message, told in eight files. Read them in order, with `openline/journey.py` beside them.

North and south each have a station: a real desk, real keys, a store in memory. What one sends lies in `pair.flight`
until a test delivers it.
"""

from __future__ import annotations

import pytest

from openline.station.commands import SendMessage
from tests.simulation.pair import Node, Pair


@pytest.fixture
def pair() -> Pair:
    """Two stations that have said hello, so that each can seal to the other."""
    pair = Pair()
    pair.settle()
    return pair


@pytest.fixture
def north(pair: Pair) -> Node:
    return pair.nodes[0]


@pytest.fixture
def south(pair: Pair) -> Node:
    return pair.nodes[1]


@pytest.fixture
def command() -> SendMessage:
    """What north's officer wants to say."""
    return SendMessage(line=0, text="Fishing boats are adrift off Yeonpyeong. Please hold fire.", due_s=600)
