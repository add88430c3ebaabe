"""Vectors of signed notes (3.8.1) and of statements that both sides publish (3.9)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any, Final

from openline.keys import notes
from openline.keys.secret import SigningKey
from openline.wire import note
from openline.wire.bodies import Texts
from spec.vectors.making.accords import ACCORD
from spec.vectors.making.cast import Cast, least, whole
from spec.vectors.making.vector import Reference, Vector, changed

TEXT: Final = "a log\n3\n\nwith an empty line of its own\n"
NAME: Final = "openline/vectors"
KEY: Final = SigningKey.from_seed(bytes([9]) * 32)
OTHER: Final = SigningKey.from_seed(bytes([10]) * 32)
TEXTS: Final[Texts] = (("en", "The lines are open again.\n\nBoth sides."), ("ko", "통신연락선을 복원하였다."))
IMITATION: Final[Texts] = (("en", "Open.\n\nko 1\nNothing of the kind."),)


def vectors() -> Iterator[Vector]:
    yield _note("", "A note with one signature, whose text holds an empty line.", _signed(TEXT))
    extra = _signed(TEXT) + _line("another signer", b"\1\2\3\4" + bytes(64))
    yield _note("with-an-unknown-line", "A line of a key that the reader does not know is passed over.", extra)
    like = _signed(TEXT) + _line(NAME, b"\1\2\3\4" + bytes(64))
    yield _note("known-name-unknown-key", "A known name with an unknown key id is an unknown line.", like)
    marked = "\ufeffa byte order mark begins this text\n"
    yield _note("with-byte-order-mark", "U+FEFF at the beginning is a part of the text.", _signed(marked))
    for name, what, reject_as, data in _wrong_notes():
        given = {"note": data, "keys": [[NAME, KEY.public]]}
        yield Vector(name=f"note-{name}", spec="3.8.1", what=what, kind="note", reject_as=reject_as, input=given)
    yield from _statements()


def _note(name: str, what: str, data: bytes) -> Vector:
    read = note.parse(data)
    expected = {"text": read.text, "names": [line.name for line in read.signatures]}
    given = {"note": data, "keys": [[NAME, KEY.public]]}
    full = f"note-{name}" if name else "note"
    return Vector(name=full, spec="3.8.1", what=what, kind="note", input=given, expected=expected)


def _signed(text: str, name: str = NAME, signer: SigningKey = KEY) -> bytes:
    blob = note.key_id(name, note.ED25519, KEY.public) + signer.sign(text.encode())
    return f"{text}\n".encode() + _line(name, blob)


def _line(name: str, blob: bytes) -> bytes:
    # The unknown signer's name must hold no blank; a plain space would be a second column.
    return f"— {name.replace(' ', '-')} {base64.b64encode(blob).decode()}\n".encode()


def _wrong_notes() -> Iterator[tuple[str, str, str, bytes]]:
    good = _signed(TEXT)
    bad, form = "bad-signature", "malformed"
    blob = good.rsplit(b" ", 1)[1].strip()
    yield "text-altered", "A letter of the text was changed.", bad, good.replace(b"a log", b"a lot")
    yield "signed-by-another", "Another key signed in the name of the known one.", bad, _signed(TEXT, signer=OTHER)
    second = good + _line(NAME, note.key_id(NAME, note.ED25519, KEY.public) + bytes(64))
    yield "second-line-of-a-key-wrong", "Of two lines of one known key, one does not hold.", bad, second
    yield "without-a-signature", "A text without a signature line.", form, f"{TEXT}\n".encode()
    yield "without-last-newline", "The last line does not end.", form, good[:-1]
    yield "carriage-returns", "Lines end with CR LF.", form, good.replace(b"\n", b"\r\n")
    yield "tab-in-the-text", "The text holds a tab.", form, _signed("a\tb\n")
    yield "not-utf8", "A byte is no UTF-8.", form, good.replace(b"a log", b"a l\xff")
    yield "hyphen-for-dash", "The line begins with a hyphen.", form, good.replace("— ".encode(), b"- ")
    yield "two-spaces", "Two spaces before the base64.", form, good.replace(b" " + blob, b"  " + blob)
    yield "name-empty", "The key's name is empty.", form, good.replace(NAME.encode(), b"")
    yield "name-with-plus", "The key's name holds a plus sign.", form, _signed(TEXT, "a+b")
    yield "name-with-em-space", "The key's name holds U+2003.", form, _signed(TEXT, "a\u2003b")
    yield (
        "base64-without-padding",
        "The base64 is not padded.",
        form,
        good.replace(b"==\n", b"\n").replace(b"=\n", b"\n"),
    )
    yield "base64-of-the-web", "The base64 is that of URLs.", form, good.replace(blob, _web(blob))
    yield (
        "base64-second-form",
        "The base64's last digit has bits that are not zero.",
        form,
        good.replace(blob, _loose(blob)),
    )
    short = f"{TEXT}\n".encode() + _line(NAME, b"\1\2\3\4")
    yield "signature-empty", "A line with a key id and nothing behind it.", form, short
    many = good + _line("x", b"\1\2\3\4\5") * 32
    yield "with-33-lines", "Thirty-three lines, where 32 are the most.", form, many


def _web(blob: bytes) -> bytes:
    return base64.urlsafe_b64encode(base64.b64decode(blob)[:-3] + b"\xff\xfe\xfd")


def _loose(blob: bytes) -> bytes:
    """The same bytes in a second base64: a bit that the padding ignores is set."""
    digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    at = len(blob.rstrip(b"=")) - 1
    return blob[:at] + bytes([digits[digits.index(blob[at]) | 1]]) + blob[at + 1 :]


# --- statements ---


def _statements() -> Iterator[Vector]:
    for kind, name, what, texts in (
        ("announcement", "statement", "An announcement in two languages, under four signatures.", TEXTS),
        ("minute", "statement-minute", "A minute.", TEXTS[:1]),
        (
            "announcement",
            "statement-imitates-a-language",
            "A text that looks like a second language is text.",
            IMITATION,
        ),
    ):
        data = _published(_text(whole(), texts, kind))
        expected = {"kind": kind, "texts": [list(pair) for pair in texts]}
        given = {"accord": ACCORD, "note": data}
        yield Vector(name=name, spec="3.9", what=what, kind="statement", input=given, expected=expected)
    good = _published(_text(whole(), TEXTS, "announcement"))
    more = changed("statement", "note", good, good + _line("a witness", b"\1\2\3\4" + bytes(64)))
    yield Vector(
        name="statement-with-a-third-signer",
        spec="3.9.3",
        what="Others may add lines of their own.",
        kind="statement",
        input={"accord": ACCORD, "note": more},
        expected={"kind": "announcement", "texts": [list(p) for p in TEXTS]},
    )
    for name, what, reject_as, given in _wrong_statements(good):
        yield Vector(
            name=f"statement-{name}",
            spec="3.9",
            what=what,
            kind="statement",
            reject_as=reject_as,
            input={"accord": ACCORD, **given},
        )


def _text(cast: Cast, texts: Texts, kind: str) -> str:
    return notes.statement_text(cast.signed.accord, cast.id, texts, kind)


def _published(text: str) -> bytes:
    """Any text under the four signatures, well formed or not."""
    accord = whole().signed.accord
    lines: list[note.Signature] = []
    for side, keys in zip(accord.sides, whole().keys, strict=True):
        name, signed = note.key_name(side.name), notes.sign_statement(text, side.name, keys.announce)
        for kind, key, signature in (
            (note.ED25519, side.announce_ed25519, signed.ed25519),
            (note.STATEMENT_MLDSA44, side.announce_mldsa44, signed.mldsa44),
        ):
            lines.append(note.Signature(name, note.key_id(name, kind, key), signature))
    return note.render(note.Note(text, tuple(lines)))


Given = dict[str, Any]


def _wrong_statements(good: bytes) -> Iterator[tuple[str, str, str, Given]]:
    head, _, tail = good.rpartition(b"\n\n")
    lines = tail.splitlines(keepends=True)

    def with_lines(keep: Callable[[int], bool]) -> Given:
        data = head + b"\n\n" + b"".join(line for at, line in enumerate(lines) if keep(at))
        return {"note": changed("statement", "note", good, data)}

    owners = ("north's Ed25519", "north's ML-DSA-44", "south's Ed25519", "south's ML-DSA-44")
    for at, owner in enumerate(owners):
        name = owner.replace("'s ", "-").lower()
        yield (
            f"without-{name}",
            f"Three of four: {owner} signature is missing.",
            "bad-signature",
            with_lines(lambda n, at=at: n != at),
        )
    altered = good.replace(b"open again", b"shut again")
    yield "text-altered", "A word was changed.", "bad-signature", {"note": changed("statement", "note", good, altered)}
    other = Reference("statement", "note")
    yield (
        "of-another-accord",
        "It is a statement of other sides.",
        "malformed",
        {"accord": Reference("accord-least", "signed"), "note": other},
    )
    text = _text(whole(), TEXTS, "announcement")
    for name, what, wrong in (
        (
            "without-its-sentence",
            "The sentence that both signatures are needed is missing.",
            text.replace(notes.SENTENCE, "Valid."),
        ),
        ("count-of-lines-wrong", "A count of lines that does not fit its text.", text.replace("en 3", "en 2")),
        (
            "id-of-another-accord",
            "It names another accord between the same sides.",
            text.replace(whole().id.hex(), least().id.hex()),
        ),
        ("of-an-unknown-kind", "A kind of statement that is none.", text.replace("/announcement/", "/treaty/")),
        ("languages-descend", "Its languages descend.", _languages_descend(text)),
    ):
        data = _published(wrong)
        yield name, what, "malformed", {"note": changed("statement", "note", good, data)}


def _languages_descend(text: str) -> str:
    at = text.index("\nen 3\n"), text.index("\nko 1\n")
    return text[: at[0]] + text[at[1] :] + text[at[0] : at[1]]
