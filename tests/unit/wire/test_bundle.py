"""Payloads: what comes back, what padding hides, and what a hostile side cannot make a receiver do."""

from __future__ import annotations

import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.wire import bundle, cbor, limits
from openline.wire.bundle import (
    Act,
    Echo,
    Have,
    Part,
    PartsWanted,
    Payload,
    Pulse,
    Reentry,
    Signal,
    Voice,
    Want,
    decode_payload,
    encode_payload,
    padme,
)
from openline.wire.errors import Malformed, OurFault
from openline.wire.terms import Word

UINTS = st.integers(0, limits.UINT_MAX)
MS = st.integers(0, limits.TIME_S_MAX * 1000)
TIMES = st.integers(0, limits.TIME_S_MAX)
SIDES = st.integers(0, 1)
LINES = st.integers(0, limits.LINES_MAX - 1)
DIGEST = bytes(range(32))


def exactly(count: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=count, max_size=count)


def some(of: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(of, max_size=3).map(tuple)


def ranges(of: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(of, of).map(lambda pair: (min(pair), max(pair)))


WORDS = st.builds(Word, st.integers(1, 4), TIMES, exactly(64))
SIGNALS = st.sampled_from(Act).flatmap(
    lambda act: st.builds(
        Signal, st.just(act), exactly(8), LINES, SIDES, TIMES, MS, WORDS if act is Act.WORD else st.none()
    )
)
ROUNDS = st.integers(1, limits.VOICE_ROUNDS_MAX)
ICE = "ABCXYZabcxyz0189+/"
VOICES = st.builds(
    Voice, exactly(8), LINES, SIDES, ROUNDS, exactly(32), st.text(ICE, min_size=4, max_size=32),
    st.text(ICE, min_size=22, max_size=64), st.integers(96, 127), exactly(8), st.just(0) | ROUNDS, exactly(64),
)  # fmt: skip
HALF = [bytes(8), 0, 0, 1, bytes(32), "user", "p" * 22, 111, bytes(8), 0, bytes(64)]
INDEXES = st.integers(0, limits.BLOB_BYTES_MAX // limits.PART_BYTES - 1)
PAYLOADS = st.builds(
    Payload,
    have=some(st.builds(Have, SIDES, UINTS, UINTS, exactly(8))),
    want=some(st.builds(lambda s, g, r: Want(s, g, *r), SIDES, UINTS, ranges(UINTS))),
    entries=some(st.binary(max_size=500)),
    parts=some(st.builds(lambda i, d: Part(DIGEST, i, i + 1, d), INDEXES, st.binary(min_size=1, max_size=50))),
    parts_wanted=some(st.builds(lambda r: PartsWanted(DIGEST, *r), ranges(INDEXES))),
    signals=some(SIGNALS),
    voices=some(VOICES),
    pulses=some(st.builds(Pulse, LINES, MS, st.none() | st.builds(Echo, MS, MS))),
    holds_epoch=st.none() | exactly(8),
    reentry=st.none()
    | st.builds(Reentry, exactly(16), exactly(32), st.just(b"x" * 1216), exactly(64), st.just(b"m" * 4627)),
    restoring=st.booleans(),
)


def framed(body: bytes, *, deflated: bool = False) -> bytes:
    """A body in a frame that has nothing else wrong with it."""
    whole = (len(body) | (1 << 31 if deflated else 0)).to_bytes(4, "big") + body
    return whole.ljust(padme(len(whole)), b"\0")


def of_map(plain: cbor.Value) -> bytes:
    return framed(cbor.encode(plain))


@given(PAYLOADS)
def test_a_payload_comes_back(payload: Payload) -> None:
    """Every hint and entry in its bounds survives padding and deflating."""
    padded = encode_payload(payload)
    assert decode_payload(padded) == payload
    assert len(padded) == padme(len(padded))


def test_an_empty_payload_is_smallest() -> None:
    """A payload of defaults is an empty map: one byte, in a frame of five."""
    assert encode_payload(Payload()) == bytes.fromhex("00000001a0")
    assert decode_payload(bytes.fromhex("00000001a0")) == Payload()


def test_exact_bytes_of_a_pulse() -> None:
    """A pulse that echoes one is the map of spec 4.3, in the shortest CBOR."""
    payload = Payload(pulses=(Pulse(3, 1000, Echo(900, 50)),))
    assert encode_payload(payload).hex() == "0000000e" + "a10781" + "83031903e8" + "821903841832"


@given(st.binary(max_size=300))
def test_any_bytes_give_a_payload_or_malformed(data: bytes) -> None:
    """Whatever decodes is encoded to a payload of equal content; nothing but `Malformed` is ever raised."""
    for frame in (data, framed(data), framed(data, deflated=True), framed(zlib.compress(data), deflated=True)):
        with suppress(Malformed):
            payload = decode_payload(frame)
            assert decode_payload(encode_payload(payload)) == payload


@given(PAYLOADS, st.data())
def test_a_damaged_payload_is_malformed_or_another(payload: Payload, data: st.DataObject) -> None:
    """A changed byte is never raised as anything but `Malformed`."""
    padded = bytearray(encode_payload(payload))
    padded[data.draw(st.integers(0, len(padded) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(Malformed):
        decode_payload(bytes(padded))


@given(st.integers(0, 2**21))
def test_padding_is_padme(length: int) -> None:
    """Padded lengths are at least the length, at most 12 % more, never shrink, and are their own padded length."""
    padded = padme(length)
    assert length <= padded <= length * 1.12 + 1
    assert padme(padded) == padded
    assert padme(length + 1) >= padded


def test_padding_leaves_few_lengths() -> None:
    """Of all lengths up to 4 KiB a carrier can tell at most 160 apart; the published examples hold."""
    assert len({padme(n) for n in range(4097)}) <= 160
    assert [padme(n) for n in (0, 1, 2, 7, 8, 9, 10, 1000, 1025, 10_000)] == [0, 1, 2, 7, 8, 10, 10, 1024, 1088, 10_240]


def test_padding_hides_small_differences() -> None:
    """Texts of 120 and of 127 bytes travel in payloads of one length."""
    assert len({len(encode_payload(Payload(entries=(bytes(range(120 + n)),)))) for n in range(8)}) == 1


def test_text_is_deflated_and_noise_is_not() -> None:
    """Deflating is used where it gives a smaller size class, and the frame says so."""
    text = encode_payload(Payload(entries=(b"the convoy passes at nine " * 20,)))
    noise = encode_payload(Payload(entries=(bytes(range(256)),)))
    assert text[0] == 0x80
    assert len(text) < 150
    assert noise[0] == 0x00
    assert decode_payload(text).entries == (b"the convoy passes at nine " * 20,)


def test_deflate_bomb_is_refused_in_little_memory() -> None:
    """A deflate bomb of 256 MiB is refused without ever holding more than a few of them."""
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()
    frame = framed(bomb, deflated=True)
    tracemalloc.start()
    try:
        with pytest.raises(Malformed, match="unfolds to more than"):
            decode_payload(frame)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * limits.PAYLOAD_BYTES_MAX


BODY = cbor.encode({10: True})


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", "padded length", id="nothing"),
        pytest.param(b"\0\0\0", "padded length", id="a frame cut short"),
        pytest.param(framed(BODY)[:-1], "padded length", id="padding cut short"),
        pytest.param(framed(BODY) + b"\0", "padded length", id="padding too long"),
        pytest.param(b"\x7f\xff\xff\xff" + BODY, "padded length", id="claims 2 GiB"),
        pytest.param(framed(BODY + bytes(62))[:-1] + b"\x01", "not zeros", id="a message hidden in the padding"),
        pytest.param(framed(b"", deflated=True), "cut short", id="deflated nothing"),
        pytest.param(framed(b"not deflated", deflated=True), "does not unfold", id="not deflated"),
        pytest.param(framed(zlib.compress(BODY)[:-1], deflated=True), "cut short", id="deflated, cut short"),
        pytest.param(framed(zlib.compress(BODY) + b"x", deflated=True), "left over", id="deflated, and more behind"),
        pytest.param(framed(zlib.compress(BODY)[:-1] + b"\0", deflated=True), "does not unfold", id="a wrong checksum"),
        pytest.param(framed(b""), "not CBOR", id="a body of no bytes"),
        pytest.param(of_map([]), "not a map", id="an array"),
        pytest.param(of_map({0: 1}), "unknown field 0", id="an unknown field, low"),
        pytest.param(of_map({12: True}), "unknown field 12", id="an unknown field, high"),
        pytest.param(of_map({1: []}), "at its default", id="a default written out"),
        pytest.param(of_map({8: None}), "expected 8 bytes", id="a default of null written out"),
        pytest.param(of_map({10: False}), "flag", id="a flag that is false"),
        pytest.param(of_map({1: [[2, 0, 0, bytes(8)]]}), "number from 0 to 1", id="have: a third side"),
        pytest.param(of_map({1: [[0, 0, 0, bytes(7)]]}), "8 bytes", id="have: a short id"),
        pytest.param(of_map({1: [[0, 0, 0]]}), "array of 4", id="have: too few"),
        pytest.param(of_map({1: [[0, 0, 0, bytes(8)]] * 65}), "0 to 64 items", id="have: too many"),
        pytest.param(of_map({2: [[0, 0, 5, 4]]}), "first not after last", id="want: a range that runs back"),
        pytest.param(of_map({3: [True]}), "bytes", id="entries: not bytes"),
        pytest.param(of_map({3: [bytes(limits.FAULT_CORE_BYTES_MAX + 65)]}), "at most", id="entries: too long"),
        pytest.param(of_map({3: [b""] * (limits.PAYLOAD_ENTRIES_MAX + 1)}), "items", id="entries: too many"),
        pytest.param(of_map({4: [[DIGEST, 1, 1, b"x"]]}), "index below", id="parts: beyond the last"),
        pytest.param(of_map({4: [[DIGEST, 0, 0, b"x"]]}), "index below", id="parts: of none"),
        pytest.param(of_map({4: [[DIGEST, 0, 1, b""]]}), "index below", id="parts: an empty last"),
        pytest.param(of_map({4: [[DIGEST, 0, 2, b"x"]]}), "full parts", id="parts: a short one in the middle"),
        pytest.param(of_map({4: [[DIGEST, 0, 1, bytes(32_769)]]}), "at most 32768", id="parts: too long"),
        pytest.param(of_map({4: [[DIGEST, 2048, 2049, b"x"]]}), "number from 0", id="parts: more than a document has"),
        pytest.param(of_map({5: [[DIGEST, 5, 4]]}), "first not after last", id="parts wanted: runs back"),
        pytest.param(of_map({6: [[5, bytes(8), 0, 0, 0, 0, None]]}), "is no Act", id="signals: an unknown act"),
        pytest.param(of_map({6: [[2, bytes(8), 0, 0, 0, 0, None]]}), "a word in", id="signals: a word not there"),
        pytest.param(
            of_map({6: [[1, bytes(8), 0, 0, 0, 0, [1, 0, bytes(64)]]]}), "a word in", id="signals: a ring with a word"
        ),
        pytest.param(of_map({6: [[1, bytes(8), 64, 0, 0, 0, None]]}), "from 0 to 63", id="signals: no such line"),
        pytest.param(of_map({6: [[1, bytes(8), 0, 2, 0, 0, None]]}), "is no Lane", id="signals: no such lane"),
        *(
            pytest.param(of_map({11: [[*HALF[:at], value, *HALF[at + 1 :]]]}), why, id=f"voices: {value!r} at {at}")
            for at, value, why in (
                (0, bytes(7), "8 bytes"), (1, 64, "from 0 to 63"), (3, 0, "from 1"), (3, 1025, "from 1"),
                (4, bytes(20), "32 bytes"), (5, "use", "4 to 32"), (5, "us\ner", "letters"), (5, "usér", "letters"),
                (6, "p" * 21, "22 to 64"), (6, "p" * 22 + "\r\n", "letters"), (7, 95, "from 96"), (7, 128, "from 96"),
                (8, bytes(9), "8 bytes"), (9, 1025, "from 0"), (10, bytes(63), "64 bytes"),
            )
        ),
        pytest.param(of_map({7: [[0, limits.UINT_MAX, None]]}), "number from 0", id="pulses: past the calendar"),
        pytest.param(of_map({7: [[0, 0, [0]]]}), "array of 2", id="pulses: half an echo"),
        pytest.param(of_map({9: [bytes(16)]}), "array of 5", id="reentry: a nonce alone"),
        pytest.param(framed(b"\0" * (limits.PAYLOAD_BYTES_MAX + 1)), "the limit is", id="too long, not deflated"),
    ],
)
def test_malformed_payloads_are_refused(data: bytes, why: str) -> None:
    """Every field out of its bounds, and every frame with a second reading, is refused with what is wrong."""
    with pytest.raises(Malformed, match=why):
        decode_payload(data)


def test_limits_are_reached_exactly() -> None:
    """Counts and sizes at their limits are accepted."""
    full = Payload(
        have=tuple(Have(0, 0, n, bytes(8)) for n in range(limits.PAYLOAD_HINTS_MAX)),
        entries=(b"x" * (limits.FAULT_CORE_BYTES_MAX + 64),) + (b"",) * (limits.PAYLOAD_ENTRIES_MAX - 1),
        parts=(Part(DIGEST, 0, 2, b"p" * limits.PART_BYTES), Part(DIGEST, 2047, 2048, b"p" * limits.PART_BYTES)),
    )
    assert decode_payload(encode_payload(full)) == full


def test_composing_too_much_is_our_fault() -> None:
    """A payload that no receiver would unfold is never made."""
    entries = (b"x" * (limits.FAULT_CORE_BYTES_MAX + 64),) * 60
    with pytest.raises(OurFault, match="a payload has"):
        encode_payload(Payload(entries=entries))


def test_every_field_is_described() -> None:
    """The keys are 1 to 11 in the order of spec 4.3."""
    assert [key for _, key, _, _ in bundle._LAYOUT] == list(range(1, 12))
