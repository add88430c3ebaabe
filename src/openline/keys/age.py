"""The age v1 file, C2SP age: a header of stanzas that wrap a file key, and a payload in chunks (spec 4.5.2).

Rules of this file:
1. No recipient is known here: `keys.letters` wraps and unwraps the file key. So no kind of key is chosen here either.
2. One header, one encoding: anything but canonical base64, single spaces and 64-column lines is refused.
3. Nothing of a payload is given out before all of it is authenticated, its end included.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from openline.wire import limits
from openline.wire.errors import CarrierFault, Malformed, invariant

FILE_KEY_BYTES: Final = 16
NONCE_BYTES: Final = 16
CHUNK_BYTES: Final = 64 * 1024
_TAG_BYTES: Final = 16
_COLUMNS: Final = 64
_VERSION: Final = "age-encryption.org/v1"
_END: Final = b"\n---"
_MAC_LINE: Final = re.compile(rb" ([A-Za-z0-9+/]{43})\n")
_BLANKS: Final = b" \t\r\n"
_BEGIN_ARMOR: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
_END_ARMOR: Final = b"-----END AGE ENCRYPTED FILE-----"
_ARGUMENTS: Final = re.compile("-> ([!-~]+(?: [!-~]+)*)")


class Stanza(NamedTuple):
    """The file key wrapped for one recipient: the recipient's type and what it needs, and the wrapped key."""

    arguments: tuple[str, ...]
    body: bytes


class Opened(NamedTuple):
    """A file taken apart: its stanzas, the bytes its MAC is over, that MAC, and the payload still sealed."""

    stanzas: tuple[Stanza, ...]
    header: bytes
    mac: bytes
    payload: bytes


def b64(data: bytes) -> str:
    """Base64 as age writes it: without padding."""
    return base64.b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    """The bytes of age's base64.

    Raises:
        Malformed: padded, not canonical, or not base64.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("an age file's header holds what is not base64") from None
    if b64(data) != text:
        raise Malformed("an age file's header holds base64 in another than its one form")
    return data


def write(stanzas: Sequence[Stanza], file_key: bytes, nonce: bytes, plaintext: bytes) -> bytes:
    """An age file. `file_key` and `nonce`, 16 random bytes each, are for this file alone."""
    invariant(len(file_key) == FILE_KEY_BYTES and len(nonce) == NONCE_BYTES, "a file key and a nonce have 16 bytes")
    header = "".join([_VERSION, *(_written(stanza) for stanza in stanzas)]).encode() + _END
    if len(header) > limits.AGE_HEADER_BYTES_MAX:
        raise Malformed(f"an age file with a header of {len(header)} bytes: too many recipients")
    start = 0
    chunks = [header + f" {b64(_mac(header, file_key))}\n".encode(), nonce]
    cipher = _payload_cipher(file_key, nonce)
    for counter, last in _chunk_nonces(len(plaintext), CHUNK_BYTES):
        chunks.append(cipher.encrypt(_chunk_nonce(counter, last), plaintext[start : start + CHUNK_BYTES], None))
        start += CHUNK_BYTES
    return b"".join(chunks)


def take_apart(data: bytes) -> Opened:
    """Read an age file's header; nothing of it is proven before `open_payload`.

    Raises:
        Malformed: not an age file of version 1 in its one form.
    """
    end = data.find(_END, 0, limits.AGE_HEADER_BYTES_MAX)
    mac_line = _MAC_LINE.match(data, end + len(_END)) if end >= 0 else None
    if mac_line is None or not data.startswith(_VERSION.encode() + b"\n"):
        raise Malformed("not an age file: its first or last line of header is missing")
    try:
        lines = data[:end].decode("ascii").split("\n")[1:]
    except UnicodeDecodeError:
        raise Malformed("an age file's header that is not ASCII") from None
    return Opened(
        tuple(_stanzas(lines)),
        data[: end + len(_END)],
        unb64(mac_line[1].decode()),
        data[mac_line.end() :],
    )


def open_payload(opened: Opened, file_key: bytes) -> bytes:
    """The plaintext, once the header and every chunk are proven to be of this file key.

    Raises:
        CarrierFault: they are not: altered, cut short or put together from two files.
    """
    if not hmac.compare_digest(_mac(opened.header, file_key), opened.mac):
        raise CarrierFault("an age file whose header was altered")
    nonce, sealed = opened.payload[:NONCE_BYTES], opened.payload[NONCE_BYTES:]
    if len(sealed) < _TAG_BYTES:
        raise CarrierFault("an age file that is cut short")
    size = CHUNK_BYTES + _TAG_BYTES
    if len(sealed) > size and len(sealed) % size == _TAG_BYTES:
        raise CarrierFault("an age file whose last chunk is empty")
    cipher = _payload_cipher(file_key, nonce)
    try:
        return b"".join(
            cipher.decrypt(_chunk_nonce(counter, last), sealed[counter * size : (counter + 1) * size], None)
            for counter, last in _chunk_nonces(len(sealed), size)
        )
    except InvalidTag:
        raise CarrierFault("an age file that was altered or cut short") from None


def without_armor(data: bytes) -> bytes:
    """The file inside age's ASCII armor, as it comes by mail or is pasted; data without armor as it is.

    Raises:
        Malformed: armor in another than its one form; blanks around it and CRLF do no harm.
    """
    if not data.lstrip(_BLANKS).startswith(b"-----BEGIN"):
        return data
    lines = data.strip(_BLANKS).replace(b"\r\n", b"\n").split(b"\n")
    body, last = lines[1:-2], lines[-2] if len(lines) > 2 else b""
    well_cut = all(len(line) == _COLUMNS for line in body) and 0 < len(last) <= _COLUMNS
    if (lines[0], lines[-1]) != (_BEGIN_ARMOR, _END_ARMOR) or not well_cut:
        raise Malformed("an age file in armor that is cut short or broken up otherwise")
    joined = b"".join([*body, last])
    try:
        inside = base64.b64decode(joined, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("an age file in armor that is not base64") from None
    if base64.b64encode(inside) != joined:
        raise Malformed("an age file in armor whose base64 is not in its one form")
    return inside


def _written(stanza: Stanza) -> str:
    body = b64(stanza.body)
    # A last line of 64 columns would be read as going on: an empty line then ends the stanza.
    lines = [body[at : at + _COLUMNS] for at in range(0, len(body) + 1, _COLUMNS)]
    return "\n" + "\n".join([f"-> {' '.join(stanza.arguments)}", *lines])


def _stanzas(lines: list[str]) -> Iterator[Stanza]:
    if not lines:
        raise Malformed("an age file that is sealed to nobody")
    at = 0
    while at < len(lines):
        arguments = _ARGUMENTS.fullmatch(lines[at])
        if arguments is None:
            raise Malformed("an age file's header holds a line that begins no stanza")
        first = at = at + 1
        while at < len(lines) and len(lines[at]) == _COLUMNS:
            at += 1
        if at == len(lines) or len(lines[at]) > _COLUMNS:
            raise Malformed("an age file's header holds a stanza that does not end")
        at += 1
        yield Stanza(tuple(arguments[1].split(" ")), unb64("".join(lines[first:at])))


def _mac(header: bytes, file_key: bytes) -> bytes:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"header").derive(file_key)
    return hmac.digest(key, header, "sha256")


def _payload_cipher(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(algorithm=SHA256(), length=32, salt=nonce, info=b"payload").derive(file_key))


def _chunk_nonces(length: int, chunk: int) -> Iterator[tuple[int, bool]]:
    """Each chunk's number and whether it is the last; a payload of nothing has one, empty chunk."""
    count = max(1, -(-length // chunk))
    return ((counter, counter == count - 1) for counter in range(count))


def _chunk_nonce(counter: int, last: bool) -> bytes:
    return counter.to_bytes(11, "big") + bytes([last])
