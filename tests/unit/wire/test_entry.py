"""Entries: exact bytes, the id, and what is refused before any signature is looked at."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.wire import bodies, cbor, entry, limits, terms
from openline.wire.entry import Entry, Place
from openline.wire.errors import Malformed
from openline.wire.terms import Head

PREV = bytes(range(32))
HEAD = Head(0, 7, bytes(range(100, 132)))
SIGNATURE = bytes(range(64))
TIME_S = 1_627_354_800  # 2021-07-27T03:00:00Z
IDS = st.binary(min_size=32, max_size=32)


def build(body: bodies.Body, *, side: int = 0, gen: int = 0, seq: int = 5, ack: Head | None = HEAD) -> bytes:
    return entry.encode_core(side, gen, seq, PREV, ack, TIME_S, body) + SIGNATURE


def raw(*items: cbor.Value) -> bytes:
    return cbor.encode(list(items)) + SIGNATURE


def plain(**changed: cbor.Value) -> bytes:
    """An acknowledgement with some of its nine items exchanged."""
    items: dict[str, cbor.Value] = {
        "format": 1,
        "side": 0,
        "gen": 0,
        "seq": 5,
        "prev": PREV,
        "ack": [0, 7, HEAD.id],
        "time": TIME_S,
        "kind": 0,
        "body": None,
    }
    return raw(*(items | changed).values())


MESSAGE = bodies.Message(number=1, text="x" * 128)


def test_an_entry_is_read_as_it_was_built() -> None:
    """Every field comes back; core, signature, place and head are views of the same bytes."""
    data = build(MESSAGE, side=1, gen=2, seq=3)
    got = entry.decode(data)
    assert got == Entry(1, 2, 3, PREV, HEAD, TIME_S, MESSAGE, data, entry.entry_id(data))
    assert got.core + got.signature == data
    assert got.signature == SIGNATURE
    assert got.place == Place(1, 2, 3)
    assert got.head == Head(2, 3, got.id)


def test_exact_bytes_of_an_acknowledgement() -> None:
    """The core is the array of spec 3.2 item by item, in the shortest CBOR."""
    expected = "89010000055820" + PREV.hex() + "8300075820" + HEAD.id.hex() + "1a60ff76b000f6"
    assert build(bodies.Ack()).hex() == expected + SIGNATURE.hex()


def test_ids_are_rfc_6962_leaf_hashes() -> None:
    """The id is SHA-256(0x00 ‖ entry), so that an entry is a leaf of public log tooling; it covers the signature."""
    data = build(MESSAGE)
    assert entry.decode(data).id == hashlib.sha256(b"\0" + data).digest()
    assert entry.decode(data[:-1] + b"\xff").id != entry.decode(data).id


def test_what_is_signed_names_purpose_and_accord() -> None:
    """A signature over an entry is none over anything else, nor in another accord."""
    assert entry.signed_bytes(b"a" * 32, b"core") == b"openline/entry/1\0" + b"a" * 32 + b"core"


@given(
    st.integers(0, 1),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    IDS,
    st.none() | st.builds(Head, st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), IDS),
    st.integers(0, limits.TIME_S_MAX),
    st.text(min_size=1, max_size=200),
    st.binary(min_size=64, max_size=64),
)
def test_any_entry_comes_back(
    side: int, gen: int, seq: int, prev: bytes, ack: Head | None, time_s: int, text: str, signature: bytes
) -> None:
    """All values in their bounds survive, text in any script as it was sent, never normalised."""
    body = bodies.Message(number=1, text=text)
    got = entry.decode(entry.encode_core(side, gen, seq, prev, ack, time_s, body) + signature)
    assert (got.side, got.gen, got.seq, got.prev, got.ack, got.time_s, got.body) == (
        side,
        gen,
        seq,
        prev,
        ack,
        time_s,
        body,
    )


@given(st.binary(max_size=300))
def test_any_bytes_give_an_entry_or_malformed(data: bytes) -> None:
    """Nothing but `Malformed` is ever raised."""
    with suppress(Malformed):
        assert entry.decode(data).data == data


ODD = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.floats(), st.integers(-(2**66), 2**66), st.integers(0, 30), st.text(max_size=3),
        st.binary(max_size=3), st.just(bytes(32)), st.builds(cbor2.CBORTag, st.integers(0, 300), st.just(b"1")),
    ),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.one_of(st.integers(-2, 30), st.booleans(), st.text(max_size=2)), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
FIELDS = st.dictionaries(st.one_of(st.integers(-1, 20), st.sampled_from([0, 1, 9, True])), ODD, max_size=2)


@given(st.integers(0, 30), ODD, st.sampled_from([0, 1, 1, 1, 19, 99]), FIELDS, st.booleans())
def test_what_is_read_is_deterministic_cbor(part, odd, kind, fields, in_order):
    """Reading looks at types and at the order of keys as it goes; nothing passes that `cbor.decode` would refuse."""
    good = {2: 1, 3: "x"} if kind == 1 else {}
    body = list({**good, **fields}.items())
    if in_order:
        body.sort(key=lambda item: (item[0], repr(item[0])))
    items = [1, 0, 0, 5, PREV, [0, 7, HEAD.id], TIME_S, kind, dict(body)]
    if part < 9:
        items[part] = odd
    core = cbor2.dumps(items)
    try:
        got = entry.decode(core + SIGNATURE)
    except Malformed:
        return
    assert cbor.encode(cbor.decode(core)) == core
    assert entry.again(got.data, got.id) == got


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_damaged_entry_is_malformed_or_has_another_id(at: int, flip: int) -> None:
    """No change of a single byte leaves the id as it was."""
    data = build(MESSAGE)
    at %= len(data)
    changed = data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]
    try:
        got = entry.decode(changed)
    except Malformed:
        return
    assert got.id != entry.entry_id(data)
    assert got.data == changed


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", "shorter than its signature", id="nothing"),
        pytest.param(SIGNATURE, "shorter than its signature", id="a signature alone"),
        pytest.param(plain()[:-1], "CBOR", id="cut short by one byte"),
        pytest.param(plain() + b"\0", "CBOR", id="one byte too many"),
        pytest.param(raw(1, 2, 3), "array of 9", id="three items"),
        pytest.param(raw(*[1] * 10), "array of 9", id="ten items"),
        pytest.param(cbor.encode({1: 2}) + SIGNATURE, "array of 9", id="a map"),
        pytest.param(plain(format=2), "format 2", id="a later format"),
        pytest.param(plain(format=True), "format True", id="format true"),
        pytest.param(plain(side=2), "side", id="a third side"),
        pytest.param(plain(side=True), "side", id="side true"),
        pytest.param(plain(gen=None), "not a number", id="no generation"),
        pytest.param(plain(seq=True), "not a number", id="sequence true"),
        pytest.param(plain(kind=b""), "not a number", id="kind of bytes"),
        pytest.param(plain(prev=PREV[:-1]), "prev", id="short prev"),
        pytest.param(plain(prev=None), "prev", id="no prev"),
        pytest.param(plain(ack=[]), "array of 3", id="empty ack"),
        pytest.param(plain(ack=[0, 7, HEAD.id, 0]), "array of 3", id="ack of four"),
        pytest.param(plain(ack=[0, 7, HEAD.id[:8]]), "32 bytes", id="ack by 8 bytes"),
        pytest.param(plain(ack=[0, True, HEAD.id]), "number", id="ack of true"),
        pytest.param(plain(time=limits.TIME_S_MAX + 1), "number from 0", id="time past the calendar"),
        pytest.param(plain(time=None), "number from 0", id="no time"),
        pytest.param(plain(body={}), "null", id="acknowledgement with a body"),
        pytest.param(plain(kind=1, body=None), "not a map", id="message without a body"),
        pytest.param(plain(kind=1, body={2: 1}), "lacks field 3", id="message without text"),
        pytest.param(plain(kind=1, body={0: 0, 2: 1, 3: "x"}), "at its default", id="default written out"),
        pytest.param(plain(kind=1, body={2: 1, 3: "x", 99: 1}), "unknown field 99", id="unknown field"),
        pytest.param(plain(kind=9999, body=[1]), "neither a map nor null", id="unknown kind, body an array"),
    ],
)
def test_malformed_entries_are_refused(data: bytes, why: str) -> None:
    """Each field out of its bounds is refused with what is wrong."""
    with pytest.raises(Malformed, match=why):
        entry.decode(data)


def loose(**changed: object) -> bytes:
    """As `plain`, for what the encoder of ours would not write."""
    names = ("format", "side", "gen", "seq", "prev", "ack", "time", "kind", "body")
    items = dict(zip(names, (1, 0, 0, 5, PREV, None, TIME_S, 1, {2: 1, 3: "x"}), strict=True))
    return cbor2.dumps(list((items | changed).values())) + SIGNATURE


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(loose(gen=-1), id="a negative generation"),
        pytest.param(loose(seq=2**64), id="a sequence number of more than 64 bits"),
        pytest.param(loose(kind=-1, body=None), id="a negative kind"),
        pytest.param(loose(time=1.0), id="a time with a point"),
        pytest.param(loose(ack=[0, -1, HEAD.id]), id="a negative acknowledgement"),
        pytest.param(loose(body={3: "x", 2: 1}), id="keys out of order"),
        pytest.param(loose(body={True: 1, 2: 1, 3: "x"}), id="a key of true"),
        pytest.param(loose(body={-1: 0, 2: 1, 3: "x"}), id="a negative key"),
        pytest.param(loose(body={2: 1, 3: "x", 4: 1.0}), id="a precedence with a point"),
        pytest.param(loose(body={2: 1, 3: cbor2.CBORTag(300, "x")}), id="a tag"),
        pytest.param(loose(kind=99, body={2: 1, 1: 2}), id="unknown kind, keys out of order"),
        pytest.param(loose(kind=99, body={1: {2: 1, 1: 2}}), id="unknown kind, keys out of order further in"),
        pytest.param(loose(kind=99, body={1: -1}), id="unknown kind, a negative number"),
        pytest.param(loose(kind=99, body={1: 0.5}), id="unknown kind, a float"),
        pytest.param(loose(kind=99, body={1: [[[[[1]]]]]}), id="unknown kind, nested too deep"),
    ],
)
def test_no_other_types_than_those_of_the_format(data):
    """What deterministic CBOR of this format has no place for is refused as an entry too, in any kind."""
    with pytest.raises(Malformed):
        cbor.decode(data[:-64])
    with pytest.raises(Malformed):
        entry.decode(data)


@pytest.mark.parametrize("body", [None, {}, {0: [1, "two", b"three"], 8: {}}])
def test_an_unknown_kind_is_kept_whole(body: cbor.Value) -> None:
    """A kind from a later release is stored and given back byte for byte, with no meaning read into it."""
    got = entry.decode(plain(kind=9999, body=body))
    assert got.body == bodies.Unknown(9999, body)
    rebuilt = entry.encode_core(got.side, got.gen, got.seq, got.prev, got.ack, got.time_s, got.body)
    assert rebuilt == got.core


def test_length_limits() -> None:
    """A core is at most 16 KiB, that of a proof of fault 40 KiB; both are refused when composed and when read."""
    most = bodies.Message(number=1, text="x" * limits.TEXT_BYTES_MAX)
    assert entry.decode(build(most)).body == most
    action = tuple(f"{n:064d}" for n in range(16))
    full = bodies.Message(number=1, text="가" * (limits.TEXT_BYTES_MAX // 3), action=action, info=action)
    assert entry.decode(build(full)).body == full
    long = bodies.Unknown(9999, {1: b"x" * limits.CORE_BYTES_MAX})
    with pytest.raises(Malformed, match="the limit is 16384"):
        build(long)
    with pytest.raises(Malformed, match="the limit for its kind is 16384"):
        entry.decode(plain(kind=9999, body={1: b"x" * limits.CORE_BYTES_MAX}))
    entries = b"x" * (limits.CORE_BYTES_MAX + 64)
    proof = bodies.Fault(proof=terms.ProofKind.FORK, first=entries, second=entries)
    assert entry.decode(build(proof)).body == proof
    with pytest.raises(Malformed, match="the limit is"):
        entry.decode(bytes(limits.FAULT_CORE_BYTES_MAX + 65))


def test_a_short_text_fits_its_budget() -> None:
    """128 bytes of text with a new acknowledgement make an entry of at most 290 bytes."""
    late = bodies.Message(line=3, number=1500, text="x" * 128, precedence=terms.Precedence.PRIORITY)
    assert len(build(late, seq=60_000, ack=Head(0, 60_000, HEAD.id))) <= 290


@given(st.integers(min_value=limits.CORE_BYTES_MAX - 300, max_value=limits.CORE_BYTES_MAX))
def test_what_fits_a_draft_fits_an_entry_at_any_place(size):
    """A body that `check_fits` lets through makes an entry within the limit, however far the chains have come."""
    fields = (("a", "y" * (size // 2)), ("b", "y" * (size - size // 2)))
    body, far = bodies.Notice(number=1, form="report", fields=fields), limits.UINT_MAX
    try:
        entry.check_fits(body)
    except Malformed:
        return
    assert entry.encode_core(1, far, far, PREV, Head(far, far, PREV), limits.TIME_S_MAX, body)
