"""What sides hand each other at the table: any bytes are a card, a half, signatures, or the other side's fault."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.keys import cards
from openline.keys.cards import Card, Half, PostPlan, Sheet
from openline.wire import cbor
from openline.wire.accord import to_map
from openline.wire.errors import Malformed, Misuse, PeerFault
from tests.accord_maker import made

ACCORD = made().signed.accord
SIDE = replace(ACCORD.sides[0], posts=())
CARD = Card(SIDE, (PostPlan("desk", ("panmunjom",)), PostPlan("watch", ("*",))))
HANDED = [CARD, Half("north", bytes(32)), Sheet(made().id, 1, made().signed.signatures[1])]


@pytest.mark.parametrize("handed", HANDED)
def test_what_is_written_is_read_back(handed):
    """One value, one encoding."""
    assert cards.decode(cards.encode(handed)) == handed


@given(st.binary(max_size=200), st.integers(0, 2), st.integers(0, 9000))
def test_any_bytes_are_read_or_refused(junk, which, at):
    """Junk, and each file with junk written over a part of it, give a value or the other side's fault."""
    data = cards.encode(HANDED[which])
    for tried in (junk, data[:at] + junk + data[at + len(junk) :]):
        with suppress(PeerFault):
            assert cards.encode(cards.decode(tried)) == tried


@pytest.mark.parametrize(
    ("plain", "what"),
    [
        ([2, "half", ["n", bytes(32)]], "neither a card"),
        ([1, "whole", ["n", bytes(32)]], "neither a card"),
        ([1, "half", ["n", bytes(31)]], "half: expected 32 bytes"),
        ([1, "card", [to_map(ACCORD.sides[0]), []]], "numbered posts"),
    ],
)
def test_what_is_none_of_them_says_why(plain, what):
    """Another format, another word, a short half, a side whose posts are numbered already."""
    with pytest.raises(Malformed, match=what):
        cards.decode(cbor.encode(plain))


def test_posts_get_the_numbers_of_their_lines():
    """By id, or all of them; in the accord's own order."""
    side = cards.seated(CARD, ACCORD.lines)

    assert [(post.name, post.lines) for post in side.posts] == [("desk", (0,)), ("watch", (0, 1))]
    assert replace(side, posts=()) == SIDE


def test_a_post_of_a_line_that_is_none_is_refused():
    """The terms and the card do not fit; the lines that there are are named."""
    with pytest.raises(Misuse, match="answers line west") as caught:
        cards.seated(Card(SIDE, (PostPlan("desk", ("west",)),)), ACCORD.lines)
    assert "panmunjom, military west" in caught.value.next_step
