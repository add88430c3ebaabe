"""Deterministic CBOR: one value has one encoding, and any bytes give a value or `Malformed`, nothing else."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.wire import cbor, limits
from openline.wire.errors import Malformed, OurFault

UINTS = st.integers(0, limits.UINT_MAX)
LEAVES = UINTS | st.binary(max_size=40) | st.text(max_size=20) | st.booleans() | st.none()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(UINTS, inner, max_size=5), max_leaves=12
)


def depth(value: cbor.Value) -> int:
    items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if items is None else 1 + max(map(depth, items), default=0)


def nested(times: int) -> cbor.Value:
    value: cbor.Value = 0
    for _ in range(times):
        value = [value]
    return value


@given(VALUES)
def test_what_is_encoded_is_decoded(value: cbor.Value) -> None:
    """Every value of the allowed types, up to the depth limit, comes back as it was."""
    if depth(value) <= limits.CBOR_DEPTH_MAX:
        assert cbor.decode(cbor.encode(value)) == value


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_malformed(data: bytes) -> None:
    """Whatever decodes is encoded again to the very same bytes; nothing but `Malformed` is ever raised."""
    try:
        value = cbor.decode(data)
    except Malformed:
        return
    assert cbor.encode(value) == data


@given(VALUES, st.data())
def test_a_changed_byte_never_gives_a_second_encoding(value: cbor.Value, data: st.DataObject) -> None:
    """A damaged encoding is refused or is the one encoding of another value."""
    if depth(value) > limits.CBOR_DEPTH_MAX:
        return
    whole = cbor.encode(value)
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    try:
        other = cbor.decode(changed)
    except Malformed:
        return
    assert cbor.encode(other) == changed


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("", id="nothing at all"),
        pytest.param("1800", id="0 in two bytes"),
        pytest.param("190017", id="23 in three bytes"),
        pytest.param("1b00000000ffffffff", id="2^32-1 in nine bytes"),
        pytest.param("5803616263", id="long length of bytes"),
        pytest.param("9f01ff", id="array of indefinite length"),
        pytest.param("5f4161ff", id="bytes of indefinite length"),
        pytest.param("7f6161ff", id="text of indefinite length"),
        pytest.param("bf0101ff", id="map of indefinite length"),
        pytest.param("a20201 0101", id="map keys out of order"),
        pytest.param("a201010102", id="one map key twice"),
        pytest.param("a201010200ff", id="bytes left over, a break"),
        pytest.param("0000", id="bytes left over, a value"),
        pytest.param("a16161 01", id="map key that is text"),
        pytest.param("a14101 01", id="map key that is bytes"),
        pytest.param("a12001", id="map key below zero"),
        pytest.param("a1f501", id="map key that is true"),
        pytest.param("a2f5010102", id="map keys true and 1"),
        pytest.param("20", id="-1"),
        pytest.param("3bffffffffffffffff", id="-2^64"),
        pytest.param("c249010000000000000000", id="bignum tag"),
        pytest.param("c24101", id="bignum tag on a small number"),
        pytest.param("f93c00", id="half float 1.0"),
        pytest.param("fa3f800000", id="single float 1.0"),
        pytest.param("fb3ff199999999999a", id="double float 1.1"),
        pytest.param("f97e00", id="not a number"),
        pytest.param("f7", id="undefined"),
        pytest.param("f0", id="simple value 16"),
        pytest.param("f8ff", id="simple value 255"),
        pytest.param("c074323032312d30372d32375431303a30303a30305a", id="date tag, text"),
        pytest.param("c11a60ffd9a0", id="date tag, number"),
        pytest.param("d81c81d81d00", id="array that holds itself"),
        pytest.param("d81c8101", id="shared array"),
        pytest.param("d9010281f4", id="set tag"),
        pytest.param("d9d9f700", id="self-described CBOR"),
        pytest.param("d82543000000", id="UUID tag"),
        pytest.param("c5821b7fffffffffffffff01", id="bigfloat with a giant exponent"),
        pytest.param("c4821b7fffffffffffffff01", id="decimal with a giant exponent"),
        pytest.param("62c328", id="text that is not UTF-8"),
        pytest.param("63eda080", id="text with half of a surrogate pair"),
        pytest.param("5b7fffffffffffffff00", id="claims 2^63 bytes"),
        pytest.param("9b7fffffffffffffff00", id="claims 2^63 items"),
        pytest.param("bb7fffffffffffffff00", id="claims 2^63 pairs"),
        pytest.param("1c", id="reserved length"),
        pytest.param("ff", id="break alone"),
    ],
)
def test_second_forms_and_other_types_are_refused(data: str) -> None:
    """Each known way to write a value twice, each type with no place here, and each false length is `Malformed`."""
    with pytest.raises(Malformed):
        cbor.decode(bytes.fromhex(data))


def test_deep_nesting_is_refused() -> None:
    """The depth limit itself decodes; one deeper does not, nor do depths that would exhaust a stack."""
    assert cbor.decode(cbor.encode(nested(limits.CBOR_DEPTH_MAX))) == nested(limits.CBOR_DEPTH_MAX)
    for deeper in (limits.CBOR_DEPTH_MAX + 1, 400, 100_000):
        with pytest.raises(Malformed):
            cbor.decode(b"\x81" * deeper + b"\x00")
    with pytest.raises(Malformed, match="nested too deep"):
        cbor.decode(b"\xa1\x00" * (limits.CBOR_DEPTH_MAX + 1) + b"\x00")


def test_depth_may_be_given() -> None:
    """The accord, which is deeper than any entry, is read with a limit of its own."""
    deep = cbor2.dumps(nested(8), canonical=True)
    assert cbor.decode(deep, depth_max=8) == nested(8)
    with pytest.raises(Malformed):
        cbor.decode(deep)


@pytest.mark.parametrize(
    "value", [-1, limits.UINT_MAX + 1, 1.0, {"a": 1}, {-1: 1}, {True: 1}, (1,), {1}, "\ud800", nested(7)], ids=ascii
)
def test_what_has_no_encoding_is_our_fault(value: cbor.Value) -> None:
    """Asked to encode a value with no place in the format, the encoder says that the program is wrong."""
    with pytest.raises(OurFault, match="tried to encode"):
        cbor.encode(value)
