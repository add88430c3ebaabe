"""What the public and witnesses get to see of a record: checkpoints and statements, as C2SP signed notes.

Rules of this file:
1. Checkpoints are C2SP tlog-checkpoints, so that any witness for transparency logs can cosign them (spec 3.8).
2. A statement counts only with four signatures: of each side, Ed25519 and ML-DSA-44 (spec 3.9).
3. One statement, one text: what is read is composed again and must come out the same.
4. Ed25519 signatures are the same whenever made; those of ML-DSA are not, for the library signs with fresh randomness.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from openline.keys.public import BadSignature, verify, verify_mldsa44
from openline.ports import Signer
from openline.wire import accord as accords
from openline.wire import limits, note
from openline.wire.accord import Accord, Side
from openline.wire.bodies import TEXTS
from openline.wire.errors import Malformed
from openline.wire.note import Note, Signature
from openline.wire.said import say
from openline.wire.terms import Checkpoint44, Texts

if TYPE_CHECKING:  # whoever only verifies reaches no secret
    from openline.keys.secret import AnnounceKeys, MldsaKey44

KINDS: Final = ("announcement", "minute")
SENTENCE: Final = "Valid only with the signatures of both sides."
_STATEMENT: Final = b"openline/statement/1\0"
_COSIGNED: Final = b"subtree/v1\n\0"
_NO_TIME: Final = bytes(8)
_LANGUAGE: Final = re.compile(f"[A-Za-z0-9-]{{1,{limits.NAME_BYTES_MAX}}}")
_HEAD: Final = re.compile("openline/(?P<kind>[a-z]+)/1\naccord (?P<accord>[0-9a-f]{64})\nsides [^\n]+\n[^\n]+\n")
_VERSION: Final = re.compile("\n(?P<language>[^ \n]+) (?P<lines>[1-9][0-9]{0,4})\n")


class PublicSignatures(NamedTuple):
    """One side's two signatures of a statement."""

    ed25519: bytes
    mldsa44: bytes


class Statement(NamedTuple):
    """What a statement's text says: of which accord, of which kind, in which languages what."""

    accord_id: bytes
    kind: str
    texts: Texts


# --- checkpoints ---


def origin(accord_id: bytes, side: int, gen: int) -> str:
    """The name of one side's chain of one generation, as a log (spec 3.8.3)."""
    return f"openline/{accord_id[:8].hex()}/{side}/{gen}"


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """The text of a checkpoint's note: origin, size and root of the chain, a line each."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def sign_checkpoint(
    accord_id: bytes, side: int, gen: int, size: int, root: bytes, station: Signer, checkpoint: MldsaKey44
) -> Checkpoint44:
    """State, with both keys, that the first `size` entries of the chain have this `root` (spec 3.8.3).

    Never to be called for a chain that does not go on from the one stated before: two such are proof of a fault.
    """
    name = origin(accord_id, side, gen)
    ed25519 = station.sign(checkpoint_text(name, size, root).encode())
    return Checkpoint44(size, root, ed25519, checkpoint.sign(_cosigned_message(name, size, root)))


def check_checkpoint(
    accord_id: bytes, side: int, gen: int, checkpoint: Checkpoint44, station: bytes, mldsa44: bytes
) -> None:
    """Check both signatures of a checkpoint; that size and root are those of the chain is for the caller to see.

    Raises:
        BadSignature: says which does not hold.
    """
    name = origin(accord_id, side, gen)
    text = checkpoint_text(name, checkpoint.size, checkpoint.root)
    _named(f"checkpoint of {name}", verify, station, text.encode(), checkpoint.ed25519)
    message = _cosigned_message(name, checkpoint.size, checkpoint.root)
    _named(f"checkpoint of {name}", verify_mldsa44, mldsa44, message, checkpoint.mldsa44)


def checkpoint_note(
    accord_id: bytes, side: int, gen: int, checkpoint: Checkpoint44, station: bytes, mldsa44: bytes
) -> bytes:
    """The checkpoint as the note that a witness takes; it says nothing that the record's entry does not."""
    name = origin(accord_id, side, gen)
    lines = (
        Signature(name, note.key_id(name, note.ED25519, station), checkpoint.ed25519),
        Signature(name, note.key_id(name, note.CHECKPOINT_MLDSA44, mldsa44), _NO_TIME + checkpoint.mldsa44),
    )
    return note.render(Note(checkpoint_text(name, checkpoint.size, checkpoint.root), lines))


def _cosigned_message(name: str, size: int, root: bytes) -> bytes:
    """C2SP tlog-cosignature's `cosigned_message`, of the log by itself: its time 0 claims nothing about the newest."""
    named = bytes([len(name)]) + name.encode()
    return _COSIGNED + named + _NO_TIME + named + (0).to_bytes(8, "big") + size.to_bytes(8, "big") + root


# --- statements ---


def statement_text(accord: Accord, accord_id: bytes, texts: Texts, kind: str) -> str:
    """The one text of an announcement or minute, all its languages in it (spec 3.9.1).

    Raises:
        Malformed: a language, or a character in a text, that has no place in a note.
    """
    if kind not in KINDS:
        raise Malformed(
            say("a statement of kind {kind}; there are {names}", kind=repr(kind), names=" and ".join(KINDS))
        )
    TEXTS.read([list(pair) for pair in texts])
    names = " ".join(note.key_name(side.name) for side in accord.sides)
    parts = [f"openline/{kind}/1\naccord {accord_id.hex()}\nsides {names}\n{SENTENCE}\n"]
    for language, text in texts:
        if not _LANGUAGE.fullmatch(language):
            name = repr(language)
            raise Malformed(
                say("a statement's language {language}; letters, digits and hyphens are allowed", language=name)
            )
        # The count of lines, not any mark within them, says where a version ends: no text can imitate a second one.
        parts.append(f"\n{language} {text.count(chr(10)) + 1}\n{text}\n")
    whole = "".join(parts)
    note.check_text(whole)
    return whole


def read_statement(text: str, accord: Accord) -> Statement:
    """What a statement's text says, as read back from it.

    Raises:
        Malformed: not the text of a statement of this accord in its one form.
    """
    head = _HEAD.match(text)
    if head is None:
        raise Malformed(say("not the text of a statement"))
    texts, at = [], head.end()
    while at < len(text):
        version = _VERSION.match(text, at)
        if version is None:
            raise Malformed(say("a statement whose languages and counts of lines do not fit its text"))
        at = version.end()
        lines = text[at:].split("\n", int(version["lines"]))[: int(version["lines"])]
        texts.append((version["language"], "\n".join(lines)))
        at += len(texts[-1][1]) + 1
    statement = Statement(bytes.fromhex(head["accord"]), head["kind"], tuple(texts))
    if statement_text(accord, statement.accord_id, statement.texts, statement.kind) != text:
        raise Malformed(say("a statement of another pair of sides, or in another than its one form"))
    return statement


def sign_statement(text: str, side_name: str, announce: AnnounceKeys) -> PublicSignatures:
    """A side's two signatures of a statement's text (spec 3.9.2)."""
    message = _statement_message(side_name, text)
    return PublicSignatures(announce.ed25519.sign(text.encode()), announce.mldsa44.sign(message))


def signed_by_one(text: str, side: Side, signatures: PublicSignatures) -> bytes:
    """The note with one side's two lines alone, as it goes from the machine that holds its announcement keys to its
    station. It is published by nobody: only the four signatures together are a statement (spec 3.9.3).

    Raises:
        BadSignature: they are not that side's signatures of this text.
    """
    check_statement(text, side, *signatures)
    name, (ed_id, mldsa_id) = note.key_name(side.name), _statement_key_ids(side)
    lines = Signature(name, ed_id, signatures.ed25519), Signature(name, mldsa_id, signatures.mldsa44)
    return note.render(Note(text, lines))


def read_signed_by(data: bytes, accord: Accord, side: Side) -> tuple[Statement, PublicSignatures]:
    """A note of a statement and one side's two signatures of it, which hold; other lines are passed over.

    Raises:
        Malformed: not the note of a statement of this accord.
        BadSignature: a signature of the side's is missing or does not hold.
    """
    read = note.parse(data)
    statement = read_statement(read.text, accord)
    if statement.accord_id != accords.accord_id(accords.encode(accord)):
        raise Malformed(say("a statement of another accord"))
    ed_id, mldsa_id = _statement_key_ids(side)
    ed25519, mldsa44 = _present(read, side, ed_id, "Ed25519"), _present(read, side, mldsa_id, "ML-DSA-44")
    check_statement(read.text, side, ed25519[0], mldsa44[0])
    return statement, PublicSignatures(ed25519[0], mldsa44[0])


def check_statement(text: str, side: Side, ed25519: bytes, mldsa44: bytes) -> None:
    """Check one side's two signatures of a statement's text.

    Raises:
        BadSignature: says whose and which does not hold.
    """
    _check_statement_ed25519(text, side, ed25519)
    _check_statement_mldsa44(text, side, mldsa44)


def published(text: str, accord: Accord, signatures: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The file that both sides publish: the text and four signature lines, side 0's first (spec 3.9.3).

    Raises:
        BadSignature: one of the four does not hold; nothing that does not verify is ever published.
    """
    lines: list[Signature] = []
    for side, (ed25519, mldsa44) in zip(accord.sides, signatures, strict=True):
        check_statement(text, side, ed25519, mldsa44)
        name, (ed_id, mldsa_id) = note.key_name(side.name), _statement_key_ids(side)
        lines += Signature(name, ed_id, ed25519), Signature(name, mldsa_id, mldsa44)
    return note.render(Note(text, tuple(lines)))


def verify_published(data: bytes, accord: Accord) -> Texts:
    """The texts of a published statement, proven to be of both sides of this accord (spec 3.9.3).

    Raises:
        Malformed: not the note of a statement of this accord.
        BadSignature: says whose and which signature is missing or does not hold.
    """
    read = note.parse(data)
    statement = read_statement(read.text, accord)
    if statement.accord_id != accords.accord_id(accords.encode(accord)):
        raise Malformed(say("a statement of another accord"))
    for side in accord.sides:
        ed_id, mldsa_id = _statement_key_ids(side)
        for signature in _present(read, side, ed_id, "Ed25519"):
            _check_statement_ed25519(read.text, side, signature)
        for signature in _present(read, side, mldsa_id, "ML-DSA-44"):
            _check_statement_mldsa44(read.text, side, signature)
    return statement.texts


def _present(read: Note, side: Side, identity: bytes, algorithm: str) -> list[bytes]:
    found = read.by(note.key_name(side.name), identity)
    if not found:
        raise BadSignature(f"{side.name}: the {algorithm} signature of the statement is missing")
    return found


def statement_verifier_keys(side: Side) -> tuple[str, str]:
    """A side's two announcement keys as programs for signed notes take them, to be printed in the agreement."""
    name = note.key_name(side.name)
    return (
        note.verifier_key(name, note.ED25519, side.announce_ed25519),
        note.verifier_key(name, note.STATEMENT_MLDSA44, side.announce_mldsa44),
    )


def _statement_key_ids(side: Side) -> tuple[bytes, bytes]:
    name = note.key_name(side.name)
    return (
        note.key_id(name, note.ED25519, side.announce_ed25519),
        note.key_id(name, note.STATEMENT_MLDSA44, side.announce_mldsa44),
    )


def _statement_message(side_name: str, text: str) -> bytes:
    return _STATEMENT + note.key_name(side_name).encode() + b"\n" + text.encode()


def _check_statement_ed25519(text: str, side: Side, signature: bytes) -> None:
    _named(side.name, verify, side.announce_ed25519, text.encode(), signature)


def _check_statement_mldsa44(text: str, side: Side, signature: bytes) -> None:
    _named(side.name, verify_mldsa44, side.announce_mldsa44, _statement_message(side.name, text), signature)


def _named(whose: str, check: Callable[..., None], *values: bytes) -> None:
    try:
        check(*values)
    except BadSignature as error:
        raise BadSignature(f"{whose}: {error.what}") from None
