"""Repeatable randomness: one seed, one stream; nothing in it repeats."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from openline.keys.entropy import SeededEntropy


@given(st.binary(max_size=40), st.lists(st.integers(0, 100), max_size=8))
def test_one_seed_is_one_stream(seed: bytes, counts: list[int]) -> None:
    """Equal seeds asked alike give alike, in the counts asked for."""
    one, two = SeededEntropy(seed), SeededEntropy(seed)
    given_out = [one.bytes(count) for count in counts]
    assert given_out == [two.bytes(count) for count in counts]
    assert [len(x) for x in given_out] == counts


def test_streams_differ_and_do_not_repeat() -> None:
    """Two thousand draws from two seeds, one of which continues the other, are all different."""
    drawn = [source.bytes(16) for source in (SeededEntropy(b"a"), SeededEntropy(b"a\0")) for _ in range(1000)]
    assert len(set(drawn)) == len(drawn)
