"""Bech32 as age uses it: one value, one string, and no mistyped string is taken for another value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.wire import bech32, limits
from openline.wire.errors import Malformed

PREFIXES = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1, max_size=20).map(
    str.lower
)


@given(PREFIXES, st.binary(max_size=200))
def test_what_is_encoded_is_decoded(prefix: str, data: bytes) -> None:
    """Any prefix and data come back, in lower case and in upper case."""
    text = bech32.encode(prefix, data)
    assert bech32.decode(text) == (prefix, data)
    assert bech32.decode(text.upper()) == (prefix, data)


@pytest.mark.parametrize(
    "text",
    ["A12UEL5L", "a12uel5l", "?1ezyfcl"],
    ids=["empty data, upper", "empty data, lower", "mark as prefix"],
)
def test_bip_173_valid(text: str) -> None:
    """Strings that BIP 173 lists as valid decode, to no data, and encode again to themselves."""
    prefix, data = bech32.decode(text)
    assert data == b""
    assert bech32.encode(prefix, data) == text.lower()


def test_bip_173_all_digits() -> None:
    """BIP 173's string of all 32 digits carries the 20 bytes 0x00443214c74254b635cf84653a56d7c675be77df."""
    text = "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"
    assert bech32.decode(text) == ("abcdef", bytes.fromhex("00443214c74254b635cf84653a56d7c675be77df"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pzry9x0s0muk", "no prefix"),
        ("1pzry9x0s0muk", "no prefix"),
        ("x1b4n0q5v", "no character"),
        ("li1dgmt3", "too short"),
        ("de1lg7wt\xff", "ASCII"),
        ("A1G7SGD8", "checksum"),
        ("10a06t8", "no prefix"),
        ("a12UEL5L", "mixed case"),
        ("\x201nwldj5", "no prefix"),
        ("a1" + "q" * limits.BECH32_CHARS_MAX, "limit"),
    ],
)
def test_bip_173_invalid(text: str, says: str) -> None:
    """Strings that BIP 173 lists as invalid, and one beyond our limit, are refused for their own reason."""
    with pytest.raises(Malformed, match=says):
        bech32.decode(text)


@given(st.binary(min_size=1, max_size=60), st.data())
def test_one_wrong_character_is_found(data: bytes, draw: st.DataObject) -> None:
    """Any one changed character is found: BIP 173 promises it for up to four."""
    text = bech32.encode("age1pq", data)
    at = draw.draw(st.integers(len("age1pq1"), len(text) - 1))
    other = draw.draw(st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l").filter(lambda c: c != text[at]))
    with pytest.raises(Malformed, match="checksum"):
        bech32.decode(text[:at] + other + text[at + 1 :])


@pytest.mark.parametrize("digits", [[0, 1], [0], [31, 31]], ids=["non-zero padding", "a digit too many", "all ones"])
def test_wrong_padding_is_refused(digits: list[int]) -> None:
    """A second spelling of the same bytes, right in its checksum, is refused."""
    check = bech32._polymod([*bech32._expanded("a"), *digits, 0, 0, 0, 0, 0, 0]) ^ 1
    digits = digits + [check >> 5 * (5 - i) & 31 for i in range(6)]
    with pytest.raises(Malformed, match="padded"):
        bech32.decode("a1" + "".join(bech32._DIGITS[digit] for digit in digits))


@given(st.text(max_size=80))
def test_any_text_gives_a_value_or_malformed(text: str) -> None:
    """No text makes the decoder fail otherwise."""
    try:
        prefix, data = bech32.decode(text)
    except Malformed:
        return
    assert bech32.encode(prefix, data) == text.lower()
