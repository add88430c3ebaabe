"""Bech32, BIP 173 without its limit of 90 characters: how age writes recipients and identities (spec 4.5.1).

Rules of this file: a string is all lower or all upper case; one value, one encoding up to that case; the last digit
pads with zero bits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from openline.wire import limits
from openline.wire.errors import Malformed

_DIGITS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES: Final = {digit: value for value, digit in enumerate(_DIGITS)}
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_DIGITS: Final = 6


def encode(prefix: str, data: bytes) -> str:
    """`data` under a lower-case `prefix`, in lower case."""
    bits = len(data) * 8
    padding = -bits % 5
    number = int.from_bytes(data, "big") << padding
    digits = [number >> shift & 31 for shift in range(bits + padding - 5, -1, -5)]
    check = _polymod([*_expanded(prefix), *digits, *([0] * _CHECKSUM_DIGITS)]) ^ 1
    digits += [check >> 5 * (_CHECKSUM_DIGITS - 1 - i) & 31 for i in range(_CHECKSUM_DIGITS)]
    return f"{prefix}1{''.join(_DIGITS[digit] for digit in digits)}"


def decode(text: str) -> tuple[str, bytes]:
    """The prefix, in lower case, and the data of a Bech32 string.

    Raises:
        Malformed: too long, mixed case, a wrong character or checksum, or padding that is not zeros.
    """
    if len(text) > limits.BECH32_CHARS_MAX:
        raise Malformed(f"a Bech32 string of {len(text)} characters; the limit is {limits.BECH32_CHARS_MAX}")
    if not text.isascii() or text not in (text.lower(), text.upper()):
        raise Malformed("a Bech32 string of mixed case or with characters outside ASCII")
    prefix, found, tail = text.lower().rpartition("1")
    if not found or not prefix or len(tail) < _CHECKSUM_DIGITS or any(not "!" <= c <= "~" for c in prefix):
        raise Malformed("not a Bech32 string: no prefix, or too short")
    try:
        digits = [_VALUES[character] for character in tail]
    except KeyError as error:
        raise Malformed(f"{error.args[0]!r} is no character of Bech32") from None
    if _polymod([*_expanded(prefix), *digits]) != 1:
        raise Malformed("a Bech32 string whose checksum is wrong: mistyped or cut short")
    return prefix, _bytes_of(digits[:-_CHECKSUM_DIGITS])


def _bytes_of(digits: list[int]) -> bytes:
    number = 0
    for digit in digits:
        number = number << 5 | digit
    padding = len(digits) * 5 % 8
    if padding >= 5 or number & (1 << padding) - 1:
        raise Malformed("a Bech32 string whose last digit is padded wrongly")
    return (number >> padding).to_bytes(len(digits) * 5 // 8, "big")


def _expanded(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def _polymod(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            if top >> bit & 1:
                check ^= generator
    return check
