"""The age file: one header, one encoding; a payload is whole or it is nothing."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.keys import age
from openline.keys.age import CHUNK_BYTES, Stanza
from openline.wire import limits
from openline.wire.errors import CarrierFault, Malformed, OurFault

FILE_KEY, NONCE = b"sixteen byte key", b"a nonce, sixteen"
SEALED_CHUNK = CHUNK_BYTES + 16
ARGUMENT = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1, max_size=70)
STANZAS = st.lists(
    st.builds(Stanza, st.lists(ARGUMENT, min_size=1, max_size=3).map(tuple), st.binary(max_size=150)),
    min_size=1,
    max_size=4,
)
ONE = [Stanza(("type", "argument"), b"wrapped")]


def file(plaintext: bytes = b"text") -> bytes:
    return age.write(ONE, FILE_KEY, NONCE, plaintext)


def opened(data: bytes) -> bytes:
    return age.open_payload(age.take_apart(data), FILE_KEY)


def header_end(data: bytes) -> int:
    return data.index(b"\n---") + len("\n--- ") + 43 + len("\n")


@given(STANZAS, st.binary(max_size=100))
def test_what_is_written_is_read(stanzas: list[Stanza], plaintext: bytes) -> None:
    """Any stanzas, bodies that fill their last line among them, and any payload come back."""
    apart = age.take_apart(age.write(stanzas, FILE_KEY, NONCE, plaintext))
    assert list(apart.stanzas) == stanzas
    assert age.open_payload(apart, FILE_KEY) == plaintext


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 200_000])
def test_chunks(size: int) -> None:
    """Payloads at and about the chunk's 64 KiB come back; each begun chunk costs one tag."""
    plaintext = bytes(range(256)) * (size // 256 + 1)
    data = file(plaintext[:size])
    assert opened(data) == plaintext[:size]
    assert len(data) - header_end(data) == 16 + size + 16 * max(1, -(-size // CHUNK_BYTES))


@pytest.mark.parametrize("kept", [0, 15, 16, 31, 16 + SEALED_CHUNK, 16 + SEALED_CHUNK + 5, 16 + 2 * SEALED_CHUNK + 3])
def test_attack_cut_short(kept: int) -> None:
    """A payload cut within a chunk, between two, or before the first does not pass for a shorter one."""
    data = file(bytes(2 * CHUNK_BYTES + 5))
    with pytest.raises(CarrierFault):
        opened(data[: header_end(data) + kept])


def test_attack_chunks_rearranged() -> None:
    """Chunks swapped, doubled or left out are found: each is sealed under its own number."""
    data = file(bytes(3 * CHUNK_BYTES))
    start = header_end(data) + 16
    head, chunks = data[:start], [data[start + i * SEALED_CHUNK : start + (i + 1) * SEALED_CHUNK] for i in range(3)]
    for order in ([1, 0, 2], [0, 0, 1, 2], [0, 2], [0, 1, 2, 2], [2]):
        with pytest.raises(CarrierFault):
            opened(head + b"".join(chunks[i] for i in order))


def test_attack_an_empty_chunk_at_the_end() -> None:
    """A second spelling of a payload that fills its last chunk is refused, though every tag in it holds."""
    data = file(bytes(CHUNK_BYTES))
    cipher = age._payload_cipher(FILE_KEY, NONCE)
    full = cipher.encrypt(age._chunk_nonce(0, last=False), bytes(CHUNK_BYTES), None)
    empty = cipher.encrypt(age._chunk_nonce(1, last=True), b"", None)
    with pytest.raises(CarrierFault, match="last chunk"):
        opened(data[: header_end(data)] + NONCE + full + empty)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_attack_one_bit_anywhere(at: int, flip: int) -> None:
    """No byte of a file can be changed unseen."""
    data = bytearray(file(b"a letter of two lines"))
    data[at % len(data)] ^= flip
    with pytest.raises((Malformed, CarrierFault)):
        opened(bytes(data))


def test_attack_header_of_another_file() -> None:
    """A stanza added, or another file's header put before this payload, is found by the MAC or the first tag."""
    data, other = file(), age.write([Stanza(("other",), b"wrapped")], bytes(16), NONCE, b"text")
    apart = age.take_apart(other[: header_end(other)] + data[header_end(data) :])
    with pytest.raises(CarrierFault, match="header was altered"):
        age.open_payload(apart, FILE_KEY)
    with pytest.raises(CarrierFault):
        age.open_payload(apart, bytes(16))
    with pytest.raises(CarrierFault, match="header was altered"):
        opened(data.replace(b"-> type", b"-> more\n\n-> type"))


MAC = b"A" * 43
LINES = b"age-encryption.org/v1\n-> t a\nd3JhcHBlZA\n--- " + MAC + b"\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text",
        LINES.replace(b"v1", b"v2"),
        LINES.replace(b"\n", b"\r\n"),
        LINES.replace(b"-> t a\nd3JhcHBlZA\n", b""),
        LINES.replace(b"-> t a", b"->  t a"),
        LINES.replace(b"-> t a", b"-> t a "),
        LINES.replace(b"-> t a", b"-> "),
        LINES.replace(b"-> t a", b"-> t\xff"),
        LINES.replace(b"-> t a", b"t a"),
        LINES.replace(b"d3JhcHBlZA", b"d3JhcHBlZA=="),
        LINES.replace(b"d3JhcHBlZA", b"d3JhcHBlZB"),
        LINES.replace(b"d3JhcHBlZA", b"d3Jh!HBlZA"),
        LINES.replace(b"d3JhcHBlZA\n", b""),
        LINES.replace(b"d3JhcHBlZA", b"d3Jh\ncHBlZA"),
        LINES.replace(b"d3JhcHBlZA", b"A" * 64),
        LINES.replace(b"d3JhcHBlZA", b"A" * 68),
        LINES.replace(b"--- " + MAC, b"---" + MAC),
        LINES.replace(b"--- " + MAC, b"---"),
        LINES.replace(MAC, MAC[:-1]),
        LINES.replace(MAC, MAC[:-1] + b"B"),
        LINES.replace(MAC, MAC + b" "),
        LINES.replace(b"-> t a", b"-> t " + b"a" * limits.AGE_HEADER_BYTES_MAX),
    ],
)
def test_malformed_header(data: bytes) -> None:
    """Every departure from the format's one form is refused."""
    with pytest.raises(Malformed):
        age.take_apart(data)


def test_the_header_that_those_depart_from_is_read() -> None:
    """The lines above are a header when nothing is changed."""
    assert age.take_apart(LINES).stanzas == (Stanza(("t", "a"), b"wrapped"),)


@given(st.binary(max_size=300).map(lambda tail: b"age-encryption.org/v1\n-> " + tail))
def test_any_bytes_give_a_file_or_malformed(data: bytes) -> None:
    """No bytes make the reader fail otherwise."""
    for given_data in (data, data + b"\n--- " + MAC + b"\n"):
        try:
            age.take_apart(age.without_armor(given_data))
        except Malformed:
            continue


def test_a_header_beyond_the_limit_is_not_written() -> None:
    """Nothing is written that would not be read."""
    with pytest.raises(Malformed, match="recipients"):
        age.write([Stanza(("t",), bytes(2000))] * 40, FILE_KEY, NONCE, b"")


def test_a_wrong_key_size_is_our_fault() -> None:
    """A short file key is a defect of the caller."""
    with pytest.raises(OurFault):
        age.write(ONE, b"short", NONCE, b"")


# --- armor ---


def armored(data: bytes) -> bytes:
    text = base64.b64encode(data)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return b"\n".join([b"-----BEGIN AGE ENCRYPTED FILE-----", *lines, b"-----END AGE ENCRYPTED FILE-----", b""])


@given(st.binary(min_size=1, max_size=200))
def test_armor_comes_off(data: bytes) -> None:
    """What stands in armor comes out, with blanks around it and line ends as mail leaves them."""
    assert age.without_armor(armored(data)) == data
    assert age.without_armor(b"\r\n  " + armored(data).replace(b"\n", b"\r\n") + b"\n") == data


def test_a_file_without_armor_is_left_alone() -> None:
    """A binary file is the same afterwards, blanks at its end among it."""
    assert age.without_armor(file() + b"\n") == file() + b"\n"


@pytest.mark.parametrize(
    "data",
    [
        b"-----BEGIN",
        b"-----BEGIN AGE ENCRYPTED FILE-----\n-----END AGE ENCRYPTED FILE-----",
        armored(b"x").replace(b"AGE", b"PGP"),
        armored(b"x").replace(b"-----END AGE ENCRYPTED FILE-----\n", b""),
        armored(b"x").replace(b"\n-----END", b"\n\n-----END"),
        armored(b"x").replace(b"eA==", b"eA="),
        armored(b"x").replace(b"eA==", b"eB=="),
        armored(b"x").replace(b"eA==", b"eA== "),
        armored(bytes(100)).replace(b"A" * 64, b"A" * 60),
        armored(b"x") + b"more",
    ],
)
def test_malformed_armor(data: bytes) -> None:
    """Armor in another than its one form is refused: it would let one letter have many spellings."""
    with pytest.raises(Malformed):
        age.without_armor(data)
