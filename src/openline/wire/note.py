"""Signed notes, C2SP signed-note: a text, an empty line, and signature lines (spec 3.8.1).

Rules of this file:
1. One note, one encoding: `render(parse(data)) == data` for all data that `parse` accepts.
2. Nothing here knows a key or checks a signature; `keys.notes` does. A parsed note proves nothing.
3. A line is of a known key if its name *and* its key id are; every other line is passed over by whoever verifies.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Final, NamedTuple

from openline.wire import limits
from openline.wire.errors import Malformed
from openline.wire.said import say

ED25519: Final = b"\x01"  # the signature is over the note's text
CHECKPOINT_MLDSA44: Final = b"\x06"  # C2SP tlog-cosignature: over a structure that names signer, log, size and root
STATEMENT_MLDSA44: Final = b"\xffopenline/statement-mldsa44/1"  # no byte is assigned to ML-DSA over a note's text

KEY_ID_BYTES: Final = 4
_DASH: Final = "\N{EM DASH} "
# Unicode's White_Space characters and the ASCII controls, written out: libraries differ in what they call a space.
_BLANK: Final = "\x00-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_NOT_IN_NAME: Final = re.compile(f"[{_BLANK}+]")
_ESCAPED_IN_NAME: Final = re.compile(f"[{_BLANK}\x7f-\x9f+%]")
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")


class Signature(NamedTuple):
    """One signature line: the signer's key name, the id of its key, and the signature of that key's type."""

    name: str
    key_id: bytes
    signature: bytes


class Note(NamedTuple):
    """`text` ends with a newline; it is what the signatures are about."""

    text: str
    signatures: tuple[Signature, ...]

    def by(self, name: str, identity: bytes) -> list[bytes]:
        """The signatures made in the name of one key; all of them have to verify."""
        return [line.signature for line in self.signatures if (line.name, line.key_id) == (name, identity)]


def key_id(name: str, kind: bytes, key: bytes) -> bytes:
    """The 4 bytes that name a key of signature type `kind` in a signature line (spec 3.8.1)."""
    return hashlib.sha256(name.encode() + b"\n" + kind + key).digest()[:KEY_ID_BYTES]


def verifier_key(name: str, kind: bytes, key: bytes) -> str:
    """A public key as other programs for signed notes take it, fit to be printed: name, key id, type and key."""
    return f"{name}+{key_id(name, kind, key).hex()}+{base64.b64encode(kind + key).decode()}"


def key_name(text: str) -> str:
    """`text` as a key name: blanks, controls, `+` and `%` become %XX of their UTF-8, all else stays readable."""
    return _ESCAPED_IN_NAME.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)


def render(note: Note) -> bytes:
    """The bytes of a note.

    Raises:
        Malformed: the text or a line cannot stand in a note.
    """
    check_text(note.text)
    for line in note.signatures:
        _check_line(line)
    if not 1 <= len(note.signatures) <= limits.NOTE_SIGNATURES_MAX:
        raise Malformed(
            say(
                "a note with {count} signatures; 1 to {most} are allowed",
                count=str(len(note.signatures)),
                most=str(limits.NOTE_SIGNATURES_MAX),
            ),
        )
    lines = (f"{_DASH}{x.name} {base64.b64encode(x.key_id + x.signature).decode()}\n" for x in note.signatures)
    data = f"{note.text}\n{''.join(lines)}".encode()
    if len(data) > limits.NOTE_BYTES_MAX:
        raise Malformed(
            say(
                "a note of {size} bytes; the limit is {most}",
                size=str(len(data)),
                most=str(limits.NOTE_BYTES_MAX),
            ),
        )
    return data


def parse(data: bytes) -> Note:
    """Read a note; its signatures are not checked.

    Raises:
        Malformed: no signed note, or one in another than its one form.
    """
    if len(data) > limits.NOTE_BYTES_MAX:
        raise Malformed(
            say(
                "a note of {size} bytes; the limit is {most}",
                size=str(len(data)),
                most=str(limits.NOTE_BYTES_MAX),
            ),
        )
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise Malformed(say("a note that is not UTF-8")) from None
    # The text may hold empty lines of its own: the last one is where the signatures start.
    split = whole.rfind("\n\n")
    if split < 0 or not whole.endswith("\n"):
        raise Malformed(say("a note without an empty line before its signatures, or without a newline at its end"))
    text, lines = whole[: split + 1], whole[split + 2 : -1].split("\n")
    check_text(text)
    if len(lines) > limits.NOTE_SIGNATURES_MAX:
        raise Malformed(
            say(
                "a note with {count} signatures; the limit is {most}",
                count=str(len(lines)),
                most=str(limits.NOTE_SIGNATURES_MAX),
            ),
        )
    return Note(text, tuple(_parse_line(line) for line in lines))


def _parse_line(line: str) -> Signature:
    parts = line.removeprefix(_DASH).split(" ")
    if not line.startswith(_DASH) or len(parts) != 2:
        raise Malformed(say("a signature line that is not: em dash, space, key name, space, base64"))
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(say("a signature line that does not end in base64")) from None
    if base64.b64encode(blob).decode() != parts[1]:
        raise Malformed(say("base64 in another than its one form"))
    signature = Signature(parts[0], blob[:KEY_ID_BYTES], blob[KEY_ID_BYTES:])
    _check_line(signature)
    return signature


def _check_line(line: Signature) -> None:
    if not line.name or _NOT_IN_NAME.search(line.name):
        raise Malformed(say("a key name that is empty or holds a blank or a plus sign"))
    if len(line.key_id) != KEY_ID_BYTES or not line.signature:
        raise Malformed(say("a signature line too short for a key id and a signature"))


def check_text(text: str) -> None:
    """Whether `text` can be the text of a note.

    Raises:
        Malformed: it does not end with a newline, or holds another control character.
    """
    if not text.endswith("\n"):
        raise Malformed(say("a note's text that does not end with a newline"))
    found = _CONTROL.search(text)
    if found:
        raise Malformed(
            say(
                "control character U+{code} in a note's text; the only one allowed is newline",
                code=f"{ord(found[0]):04X}",
            ),
        )
