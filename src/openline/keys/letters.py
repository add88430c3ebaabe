"""Letters: sealed to principals, so that no station can read them; signed by the principal who wrote (spec 4.5).

Rules of this file:
1. A letter is an age v1 file to X-Wing recipients only: whoever holds the key opens it with any age, without us.
   A file that is also sealed to a classical key is as readable as that key is weak: it is neither made nor opened.
2. Writer and addressee stand inside what is signed, and what is signed is inside what is sealed: nobody can send a
   letter on as if it had been written to another, nor take it for his own.
3. The seal says nothing about who wrote. Only `read` and `read_in` do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from openline.keys import age
from openline.keys.age import Stanza
from openline.keys.public import SIGNATURE_BYTES, XWING_BYTES, BadSignature, verify, xwing_public
from openline.ports import Entropy, Signer
from openline.wire import bech32, cbor, limits
from openline.wire.accord import Principal, SignedAccord
from openline.wire.bodies import ID, TEXTS, TIME
from openline.wire.codecs import octets, row, uint, utf8
from openline.wire.errors import CarrierFault, Malformed, PeerFault, invariant
from openline.wire.terms import Texts

if TYPE_CHECKING:  # the key to open with is handed in; nothing here makes one
    from openline.keys.secret import XwingKey

FORMAT: Final = 1
LETTER_ID_BYTES: Final = 16
_SIGNING: Final = b"openline/letter/1\0"
_TYPE: Final = "mlkem768x25519"
_INFO: Final = b"age-encryption.org/mlkem768x25519"
_RECIPIENT: Final = "age1pq"
_IDENTITY: Final = "age-secret-key-pq-"
_SEED_BYTES: Final = 32
_SHARE_BYTES: Final = 1120
_WRAPPED_BYTES: Final = age.FILE_KEY_BYTES + 16
_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class Letter(NamedTuple):
    """What is sealed: which accord, who writes to whom, when by the writer's clock, and the text in its languages."""

    accord_id: bytes
    from_side: int
    from_name: str
    to_side: int
    to_name: str
    letter_id: bytes
    time_s: int
    texts: Texts


_NAME: Final = utf8(limits.NAME_BYTES_MAX, least=1)
_LETTER: Final = row(Letter, ID, uint(1), _NAME, uint(1), _NAME, octets(LETTER_ID_BYTES), TIME, TEXTS)


# --- keys as age writes them ---


def recipient(xwing: bytes) -> str:
    """An X-Wing public key as age takes it: `age1pq1…`."""
    return bech32.encode(_RECIPIENT, xwing)


def parse_recipient(text: str) -> bytes:
    """The X-Wing public key of `age1pq1…`.

    Raises:
        Malformed: mistyped, of another kind, or a key that nothing can be sealed to.
    """
    prefix, xwing = bech32.decode(text)
    if prefix != _RECIPIENT or len(xwing) != XWING_BYTES or text != text.lower():
        raise Malformed("a recipient that is not age1pq1…: letters are sealed to post-quantum recipients only")
    xwing_public(xwing)
    return xwing


def identity(seed: bytes) -> str:
    """A secret X-Wing seed as age takes it: `AGE-SECRET-KEY-PQ-1…`. To be shown only to its principal."""
    return bech32.encode(_IDENTITY, seed).upper()


def parse_identity(text: str) -> bytes:
    """The seed of `AGE-SECRET-KEY-PQ-1…`.

    Raises:
        Malformed: mistyped, or of another kind.
    """
    prefix, seed = bech32.decode(text)
    if prefix != _IDENTITY or len(seed) != _SEED_BYTES or text != text.upper():
        raise Malformed("an identity that is not AGE-SECRET-KEY-PQ-1…")
    return seed


# --- the seal ---


def seal(plaintext: bytes, recipients: Sequence[bytes], entropy: Entropy) -> bytes:
    """An age file that each of the X-Wing public keys `recipients` opens.

    Raises:
        Malformed: a key that nothing can be sealed to, or more of them than a header holds.
    """
    invariant(len(recipients) > 0, "a letter is sealed to somebody")
    file_key = entropy.bytes(age.FILE_KEY_BYTES)
    stanzas = [_wrapped(file_key, xwing) for xwing in recipients]
    return age.write(stanzas, file_key, entropy.bytes(age.NONCE_BYTES), plaintext)


def open_age(data: bytes, key: XwingKey) -> bytes:
    """The plaintext of an age file, in ASCII armor or not, that is sealed to `key` and to no key of another kind.

    Raises:
        Malformed: not an age file, or sealed to a recipient of another kind.
        CarrierFault: sealed to others only, or altered, or cut short.
    """
    opened = age.take_apart(age.without_armor(data))
    wrapped = [_checked(stanza) for stanza in opened.stanzas]  # all of them, before the key touches any
    for sealed in wrapped:
        try:
            file_key = _SUITE.decrypt(sealed, key.private, info=_INFO)
        except InvalidTag:
            continue
        return age.open_payload(opened, file_key)
    raise CarrierFault("a letter that is not sealed to this key", next_step="Ask for whom it was sealed.")


def _wrapped(file_key: bytes, xwing: bytes) -> Stanza:
    sealed = _SUITE.encrypt(file_key, xwing_public(xwing), info=_INFO)
    return Stanza((_TYPE, age.b64(sealed[:_SHARE_BYTES])), sealed[_SHARE_BYTES:])


def _checked(stanza: Stanza) -> bytes:
    """The encapsulated share and wrapped key of a stanza; their lengths are checked before any key is tried on them."""
    if stanza.arguments[0] != _TYPE:
        raise Malformed(
            f"a letter that is also sealed to a recipient of type {stanza.arguments[0][:40]}",
            next_step="Ask for it to be sealed again, to the age1pq1… recipient alone.",
        )
    share = age.unb64(stanza.arguments[1]) if len(stanza.arguments) == 2 else b""
    if len(share) != _SHARE_BYTES or len(stanza.body) != _WRAPPED_BYTES:
        raise Malformed(f"a letter whose {_TYPE} stanza has a wrong number of arguments or bytes")
    return share + stanza.body


# --- what is sealed ---


def write(letter: Letter, signer: Signer) -> bytes:
    """A letter signed by its writer's own key, ready to be sealed (spec 4.5.3).

    Raises:
        Malformed: a field out of its bounds.
    """
    document = cbor.encode([FORMAT, _LETTER.plain(letter)])
    _decoded(document)  # what could not be read is not written
    return document + signer.sign(_SIGNING + document)


def read(data: bytes, key: bytes) -> Letter:
    """The letter that the holder of the Ed25519 key `key` signed.

    Raises:
        Malformed: no letter.
        BadSignature: not signed by that key.
    """
    letter = unverified(data)
    verify(key, _SIGNING + data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:])
    return letter


def unverified(data: bytes) -> Letter:
    """What a letter claims, of its writer too; nothing of it is proven.

    Raises:
        Malformed: no letter.
    """
    if not SIGNATURE_BYTES < len(data) <= limits.LETTER_FILE_BYTES_MAX:
        raise Malformed(f"a letter of {len(data)} bytes; {SIGNATURE_BYTES + 1} to {limits.LETTER_FILE_BYTES_MAX} are")
    return _decoded(data[:-SIGNATURE_BYTES])


def read_in(data: bytes, signed: SignedAccord, opened_with: bytes) -> Letter:
    """A letter between principals of an accord whose signatures are checked: by whom it says, to whom it was opened.

    `opened_with` is the X-Wing public key that opened the seal: the addressee's, or the writer's own copy.

    Raises:
        Malformed: no letter, or one of another accord.
        BadSignature: the writer it names did not sign it.
        PeerFault: it names another addressee than the one it was sealed to: somebody sent it on.
    """
    claimed = unverified(data)
    if claimed.accord_id != signed.id:
        raise Malformed("a letter of another accord")
    writer = principal(signed, claimed.from_side, claimed.from_name)
    addressee = principal(signed, claimed.to_side, claimed.to_name)
    if opened_with not in (writer.xwing, addressee.xwing):
        raise PeerFault(f"a letter to {claimed.to_name}, sealed to somebody else: it was sent on")
    try:
        return read(data, writer.key)
    except BadSignature:
        raise BadSignature(f"a letter in the name of {claimed.from_name}, signed with another key") from None


def principal(signed: SignedAccord, side: int, name: str) -> Principal:
    """The principal of that name on that side.

    Raises:
        Malformed: the accord names none.
    """
    for one in signed.accord.sides[side].principals:
        if one.name == name:
            return one
    raise Malformed(f"no principal {name} of {signed.accord.sides[side].name} in the accord")


def _decoded(document: bytes) -> Letter:
    plain = cbor.decode(document)
    if type(plain) is not list or len(plain) != 2 or type(plain[0]) is not int or plain[0] != FORMAT:
        raise Malformed("not a letter of this format")
    letter: Letter = _LETTER.read(plain[1])
    if letter.from_side == letter.to_side:
        raise Malformed("a letter from a side to itself")
    return letter
