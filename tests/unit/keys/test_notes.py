"""Checkpoints any C2SP witness can take, and statements that only both sides together can make."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.keys import notes, public
from openline.keys.public import BadSignature
from openline.wire import limits, merkle, note
from openline.wire.accord import SignedAccord
from openline.wire.errors import Malformed
from openline.wire.note import Note
from openline.wire.terms import Checkpoint44, Texts
from tests.table import Table, table

ROOT = merkle.root([merkle.leaf_hash(b"entry")])
TEXTS: Texts = (("en", "The lines are open again.\n\nBoth sides."), ("ko", "통신연락선을 복원하였다."))

LANGUAGES = st.text("abcdefghijklmnopqrstuvwxyz-0123456789", min_size=1, max_size=12)
LINES = st.text(st.characters(codec="utf-8", exclude_characters=[chr(c) for c in range(32) if c != 10]), min_size=1)
MANY_TEXTS = st.dictionaries(LANGUAGES, LINES, min_size=1, max_size=4).map(lambda found: tuple(sorted(found.items())))


def checkpoint(at: Table, side: int = 0, gen: int = 0, size: int = 1) -> Checkpoint44:
    station = at.keys[side].station
    return notes.sign_checkpoint(at.signed.id, side, gen, size, ROOT, station.station, station.checkpoint)


def check(at: Table, value: Checkpoint44, side: int = 0, gen: int = 0) -> None:
    named = at.signed.accord.sides[side]
    notes.check_checkpoint(at.signed.id, side, gen, value, named.station, named.checkpoint)


def text_of(signed: SignedAccord, texts: Texts = TEXTS, kind: str = "announcement") -> str:
    return notes.statement_text(signed.accord, signed.id, texts, kind)


def signed_by_both(at: Table, text: str) -> list[tuple[bytes, bytes]]:
    return [
        notes.sign_statement(text, side.name, keys.announce)
        for side, keys in zip(at.signed.accord.sides, at.keys, strict=True)
    ]


def published(at: Table, text: str) -> bytes:
    return notes.published(text, at.signed.accord, signed_by_both(at, text))


# --- checkpoints ---


def test_a_checkpoint_verifies() -> None:
    """What a station states, everyone with its public keys can check."""
    check(table(), checkpoint(table()))


def test_a_checkpoint_is_signed_alike_each_time_by_ed25519() -> None:
    """The signature that a note needs can be made again; ML-DSA's cannot, and need not."""
    assert checkpoint(table()).ed25519 == checkpoint(table()).ed25519


@pytest.mark.parametrize(
    "change",
    [{"size": 2}, {"root": bytes(32)}, {"ed25519": bytes(64)}, {"mldsa44": bytes(2420)}],
    ids=["size", "root", "ed25519", "mldsa44"],
)
def test_attack_altered_checkpoint(change: dict[str, object]) -> None:
    """A checkpoint with any one field changed does not verify."""
    with pytest.raises(BadSignature, match="checkpoint of openline/"):
        check(table(), checkpoint(table())._replace(**change))


@pytest.mark.parametrize("mine", ["ed25519", "mldsa44"])
def test_attack_half_a_checkpoint(mine: str) -> None:
    """One of the two signatures does not stand for the other: a future forger of one proves nothing."""
    forged = checkpoint(table())._replace(root=bytes(32))
    honest = checkpoint(table())
    forged = forged._replace(**{mine: getattr(honest, mine)})
    with pytest.raises(BadSignature):
        check(table(), forged)


def test_attack_checkpoint_of_another_chain() -> None:
    """A checkpoint of one accord, side or generation is none of another, though the keys are the same."""
    value = checkpoint(table())
    named = table().signed.accord.sides[0]
    for accord_id, side, gen in ((bytes(32), 0, 0), (table().signed.id, 1, 0), (table().signed.id, 0, 1)):
        with pytest.raises(BadSignature):
            notes.check_checkpoint(accord_id, side, gen, value, named.station, named.checkpoint)


def test_a_checkpoint_note_is_a_c2sp_checkpoint() -> None:
    """Read only by the rules of C2SP's three specifications, the note and both its signatures hold."""
    at, named = table(), table().signed.accord.sides[0]
    value = checkpoint(at, size=7)
    read = note.parse(notes.checkpoint_note(at.signed.id, 0, 0, value, named.station, named.checkpoint))
    origin, size, root, rest = read.text.split("\n")
    assert (origin, size, base64.b64decode(root), rest) == (f"openline/{at.signed.id.hex()[:16]}/0/0", "7", ROOT, "")
    [ed25519] = read.by(origin, note.key_id(origin, b"\x01", named.station))
    public.verify(named.station, read.text.encode(), ed25519)
    [timed] = read.by(origin, note.key_id(origin, b"\x06", named.checkpoint))
    name = bytes([len(origin)]) + origin.encode()
    cosigned = b"subtree/v1\n\0" + name + bytes(8) + name + bytes(8) + (7).to_bytes(8, "big") + ROOT
    assert timed[:8] == bytes(8)
    public.verify_mldsa44(named.checkpoint, cosigned, timed[8:])


@given(st.integers(0, 1), st.integers(0, limits.UINT_MAX), st.integers(0, limits.UINT_MAX))
def test_every_checkpoint_has_a_note(side: int, gen: int, size: int) -> None:
    """The largest numbers that an entry can hold fit a note and the structure that ML-DSA signs."""
    named = table().signed.accord.sides[side]
    value = checkpoint(table(), side, gen, size)
    data = notes.checkpoint_note(table().signed.id, side, gen, value, named.station, named.checkpoint)
    assert note.parse(data).text.split("\n")[1] == str(size)


# --- statements ---


def test_a_statement_of_both_verifies() -> None:
    """What both signed is published as one file, whose texts anyone with the accord gets back."""
    data = published(table(), text_of(table().signed))
    assert notes.verify_published(data, table().signed.accord) == TEXTS
    assert len(note.parse(data).signatures) == 4


def test_the_text_says_that_it_needs_both() -> None:
    """The sentence stands in the text that is signed, with the accord and both names."""
    text = text_of(table().signed)
    assert notes.SENTENCE in text
    assert text.split("\n")[:3] == ["openline/announcement/1", f"accord {table().signed.id.hex()}", "sides north south"]


@given(MANY_TEXTS, st.sampled_from(notes.KINDS))
def test_what_is_stated_is_read_back(texts: Texts, kind: str) -> None:
    """Any texts, lines that look like another language's heading among them, come back as they were."""
    read = notes.read_statement(text_of(table().signed, texts, kind), table().signed.accord)
    assert read == (table().signed.id, kind, texts)


def test_attack_a_language_within_a_text() -> None:
    """A text that imitates the heading of a second language is not read as two."""
    inner = (("en", "yes\n\nko 1\n아니오"),)
    outer = (("en", "yes"), ("ko", "아니오"))
    assert text_of(table().signed, inner) != text_of(table().signed, outer)
    assert notes.verify_published(published(table(), text_of(table().signed, inner)), table().signed.accord) == inner


def test_attack_signature_lines_within_a_text() -> None:
    """A text that ends in lines like signatures does not pass for signed."""
    data = published(table(), text_of(table().signed))
    lines = data.decode()[len(text_of(table().signed)) :]
    text = text_of(table().signed, (("en", "We agree to everything.\n" + lines),))
    with pytest.raises(Malformed):
        notes.verify_published(text.encode(), table().signed.accord)


@pytest.mark.parametrize("missing", range(4))
def test_attack_three_signatures(missing: int) -> None:
    """Without any one of the four lines the statement is not of both, and the missing side is named."""
    read = note.parse(published(table(), text_of(table().signed)))
    kept = read.signatures[:missing] + read.signatures[missing + 1 :]
    with pytest.raises(BadSignature, match="missing") as raised:
        notes.verify_published(note.render(Note(read.text, kept)), table().signed.accord)
    assert ("north", "south")[missing // 2] in raised.value.what


@pytest.mark.parametrize("spoiled", range(4))
def test_attack_one_false_signature(spoiled: int) -> None:
    """One line that does not verify spoils the whole, even beside a good one of the same key."""
    read = note.parse(published(table(), text_of(table().signed)))
    line = read.signatures[spoiled]
    bad = line._replace(signature=bytes(len(line.signature)))
    for lines in ([*read.signatures[:spoiled], bad, *read.signatures[spoiled + 1 :]], [*read.signatures, bad]):
        with pytest.raises(BadSignature, match="does not verify"):
            notes.verify_published(note.render(Note(read.text, tuple(lines))), table().signed.accord)


def test_attack_altered_statement() -> None:
    """One word changed after signing: no signature holds."""
    data = published(table(), text_of(table().signed)).replace(b"open again", b"shut again")
    with pytest.raises(BadSignature, match="north"):
        notes.verify_published(data, table().signed.accord)


def test_attack_signature_of_the_other_side() -> None:
    """One side's signatures do not stand for the other's: nothing is published, and nothing verifies."""
    text = text_of(table().signed)
    north, _ = signed_by_both(table(), text)
    with pytest.raises(BadSignature, match="south"):
        notes.published(text, table().signed.accord, [north, north])
    with pytest.raises(BadSignature, match="south"):
        notes.check_statement(text, table().signed.accord.sides[1], *north)


def test_attack_mldsa_signature_under_another_name() -> None:
    """The post-quantum signature commits to the side's name, as Ed25519 in a note cannot."""
    text, side = text_of(table().signed), table().signed.accord.sides[0]
    ed25519, mldsa44 = notes.sign_statement(text, "south", table().keys[0].announce)
    with pytest.raises(BadSignature, match="ML-DSA"):
        notes.check_statement(text, side, ed25519, mldsa44)


def test_attack_statement_of_another_accord() -> None:
    """A statement names its accord, and passes for no other of the same sides and keys."""
    at = table()
    text = notes.statement_text(at.signed.accord, bytes(32), TEXTS, "minute")
    with pytest.raises(Malformed, match="another accord"):
        notes.verify_published(published(at, text), at.signed.accord)
    with pytest.raises(Malformed, match="another pair"):
        notes.verify_published(published(at, text_of(at.signed)), table(names=("east", "west")).signed.accord)


def test_a_note_of_something_else_is_no_statement() -> None:
    """A checkpoint, signed with whatever key, does not verify as a statement."""
    named = table().signed.accord.sides[0]
    data = notes.checkpoint_note(table().signed.id, 0, 0, checkpoint(table()), named.station, named.checkpoint)
    with pytest.raises(Malformed, match="not the text of a statement"):
        notes.verify_published(data, table().signed.accord)


def test_a_foreign_line_is_passed_over() -> None:
    """An archive or witness may add its own signature line to what both published."""
    read = note.parse(published(table(), text_of(table().signed)))
    foreign = note.Signature("archive.example", b"arch", b"signature")
    data = note.render(Note(read.text, (foreign, *read.signatures)))
    assert notes.verify_published(data, table().signed.accord) == TEXTS


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ((("en", "tab\there"),), "U\\+0009"),
        ((("en us", "text"),), "language"),
        ((("en\nko 1", "text"),), "language"),
        ((), "items"),
        ((("ko", "a"), ("en", "b")), "ascend"),
        ((("en", ""),), "text of"),
    ],
)
def test_what_cannot_be_stated(texts: Texts, says: str) -> None:
    """A text that has no place in a note, or languages that have no one order, is refused before it is signed."""
    with pytest.raises(Malformed, match=says):
        text_of(table().signed, texts)


def test_an_unknown_kind_is_refused() -> None:
    """There are announcements and minutes."""
    with pytest.raises(Malformed, match="kind"):
        text_of(table().signed, kind="rumour")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("en 3", "en 2"),
        ("en 3", "en 4"),
        ("en 3", "en 03"),
        ("en 3", "en 9"),
        ("\nko 1", "\n\nko 1"),
        ("sides north south", "sides north  south"),
        (notes.SENTENCE, "Valid."),
    ],
)
def test_a_text_in_another_form_is_refused(old: str, new: str) -> None:
    """One statement has one text: counts that do not fit, and words of one's own, are refused."""
    text = text_of(table().signed)
    with pytest.raises(Malformed):
        notes.read_statement(text.replace(old, new, 1), table().signed.accord)
    assert old in text


@given(st.text())
def test_any_text_is_a_statement_or_malformed(tail: str) -> None:
    """No text makes the reader fail otherwise."""
    text = text_of(table().signed) + tail
    try:
        read = notes.read_statement(text, table().signed.accord)
    except Malformed:
        return
    assert text_of(table().signed, read.texts) == text


def test_names_with_spaces_can_sign() -> None:
    """A side whose name has no place in a signature line signs under its name with the blanks written out."""
    at = table(names=("North of the line", "남측 50%+"))
    data = published(at, text_of(at.signed))
    assert [x.name for x in note.parse(data).signatures[::2]] == ["North%20of%20the%20line", "남측%2050%25%2B"]
    assert notes.verify_published(data, at.signed.accord) == TEXTS


def test_printed_verifier_keys_are_those_of_the_lines() -> None:
    """From the keys printed in the agreement alone, another program finds its line and checks it."""
    data = published(table(), text_of(table().signed))
    printed, _ = notes.statement_verifier_keys(table().signed.accord.sides[1])
    name, identity, blob = printed.split("+", 2)
    [signature] = note.parse(data).by(name, bytes.fromhex(identity))
    public.verify(base64.b64decode(blob)[1:], note.parse(data).text.encode(), signature)
