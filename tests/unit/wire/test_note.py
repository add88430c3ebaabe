"""Signed notes: one note, one encoding; what C2SP signed-note forbids is refused."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.wire import limits, note
from openline.wire.errors import Malformed
from openline.wire.note import Note, Signature

# The example of the specification c2sp.org/tlog-checkpoint.
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+"
    "zyWE+xeMcTOAYQ8=\n"
).encode()

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters=[chr(c) for c in range(32) if c != 10])).map(
    lambda text: text + "\n"
)
NAMES = st.text(min_size=1, max_size=20).filter(lambda name: name == note.key_name(name) or "%" in name).map(
    note.key_name
)
SIGNATURES = st.builds(Signature, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=70))
NOTES = st.builds(Note, TEXTS, st.lists(SIGNATURES, min_size=1, max_size=5).map(tuple))
LINE = "— name " + base64.b64encode(b"keyidsignature").decode() + "\n"


def test_the_specifications_example() -> None:
    """The example of c2sp.org/tlog-checkpoint is read, and written again to the same bytes."""
    read = note.parse(EXAMPLE)
    assert read.text == "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert [(x.name, x.key_id.hex(), len(x.signature)) for x in read.signatures] == [
        ("example.com/behind-the-sofa", "033de0ae", 64)
    ]
    assert note.render(read) == EXAMPLE


@given(NOTES)
def test_what_is_rendered_is_parsed(value: Note) -> None:
    """Any text, empty lines and lines like signatures among it, comes back with its signatures."""
    assert note.parse(note.render(value)) == value


@given(st.binary(max_size=200) | NOTES.map(note.render), st.integers(0, 10_000), st.integers(0, 255))
def test_any_bytes_give_a_note_or_malformed(data: bytes, at: int, byte: int) -> None:
    """What is accepted, a note with one byte changed among it, is written again byte for byte; nothing else fails."""
    if at < len(data):
        data = data[:at] + bytes([byte]) + data[at + 1 :]
    try:
        read = note.parse(data)
    except Malformed:
        return
    assert note.render(read) == data


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty line"),
        (b"text\n", "empty line"),
        (b"text\n\n", "signature line"),
        (("text\n\n" + LINE)[:-1].encode(), "newline at its end"),
        (("te\txt\n\n" + LINE).encode(), "U\\+0009"),
        (("te\rxt\n\n" + LINE).encode(), "U\\+000D"),
        (b"\xff\n\n" + LINE.encode(), "UTF-8"),
        (("text\n\n" + LINE.replace("—", "-")).encode(), "signature line"),
        (("text\n\n" + LINE.replace("name", "na me")).encode(), "signature line"),
        (("text\n\n" + LINE.replace("name", "na\u00a0me")).encode(), "key name"),
        (("text\n\n" + LINE.replace("name", "na+me")).encode(), "key name"),
        (("text\n\n" + LINE.replace("name", "")).encode(), "key name"),
        ("text\n\n— name a2V5aWQ\n".encode(), "base64"),
        ("text\n\n— name a2V5!WQ=\n".encode(), "base64"),
        ("text\n\n— name a2V5aWR=\n".encode(), "one form"),
        ("text\n\n— name a2V5aQ==\n".encode(), "too short"),
        (("text\n\n" + LINE * (limits.NOTE_SIGNATURES_MAX + 1)).encode(), "signatures"),
        (b"x" * (limits.NOTE_BYTES_MAX + 1), "limit"),
    ],
)
def test_malformed(data: bytes, says: str) -> None:
    """Each way in which bytes are no signed note is refused for its own reason."""
    with pytest.raises(Malformed, match=says):
        note.parse(data)


def test_sixteen_signatures_are_read() -> None:
    """C2SP signed-note obliges every verifier to take sixteen."""
    assert len(note.parse(("text\n\n" + LINE * 16).encode()).signatures) == 16


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (Note("text", (Signature("name", b"keyi", b"s"),)), "newline"),
        (Note("text\n", ()), "signatures"),
        (Note("text\n", (Signature("", b"keyi", b"s"),)), "key name"),
        (Note("text\n", (Signature("name", b"key", b"s"),)), "too short"),
        (Note("x" * limits.NOTE_BYTES_MAX + "\n", (Signature("name", b"keyi", b"s"),)), "limit"),
    ],
)
def test_what_cannot_stand_in_a_note_is_not_rendered(value: Note, says: str) -> None:
    """Nothing is written that would not be read."""
    with pytest.raises(Malformed, match=says):
        note.render(value)


@given(st.text(min_size=1), st.text(min_size=1))
def test_key_names_are_distinct_and_allowed(one: str, other: str) -> None:
    """Any two different names become two different key names, each fit for a note."""
    if one != other:
        assert note.key_name(one) != note.key_name(other)
    note.render(Note("\n", (Signature(note.key_name(one), b"keyi", b"s"),)))


def test_key_name_stays_readable() -> None:
    """Only what a note forbids is replaced."""
    assert note.key_name("북 측+100%\u3000") == "북%20측%2B100%25%E3%80%80"


def test_key_id_binds_name_type_and_key() -> None:
    """The id is the start of SHA-256 over `name`, newline, 01 and the key, and changes with each of the three."""
    identity = note.key_id("name", note.ED25519, b"k" * 32)
    assert identity.hex() == "094149cf"
    others = {
        note.key_id("name2", note.ED25519, b"k" * 32),
        note.key_id("name", note.CHECKPOINT_MLDSA44, b"k" * 32),
        note.key_id("name", note.ED25519, b"l" * 32),
    }
    assert len(others | {identity}) == 4


def test_known_verifier_key() -> None:
    """The verifier key printed in the documentation of Go's sumdb/note has the key id that it states."""
    name, identity, key = "PeterNeumann", "c74f20a3", "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    blob = base64.b64decode(key)
    assert note.verifier_key(name, blob[:1], blob[1:]) == f"{name}+{identity}+{key}"


def test_lines_of_one_key_are_found_by_name_and_id() -> None:
    """A line that shares only the name, or only the id, with a key is not that key's."""
    value = Note("\n", tuple(Signature(*x) for x in (("a", b"1111", b"x"), ("a", b"2222", b"y"), ("b", b"1111", b"z"))))
    assert value.by("a", b"1111") == [b"x"]
