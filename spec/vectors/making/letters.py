"""Vectors of letters (4.5): age files between principals, opened with a fixed key."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from openline.cli.vectors_plain import facts_of
from openline.keys import age, letters
from openline.keys.entropy import SeededEntropy
from openline.keys.letters import Letter
from openline.keys.secret import SigningKey, XwingKey
from openline.wire import cbor
from openline.wire.errors import CarrierFault, PeerFault
from spec.vectors.making.accords import ACCORD
from spec.vectors.making.cast import SEED, least, whole
from spec.vectors.making.kept import KEPT
from spec.vectors.making.vector import Reference, Vector, changed

CHAIRMAN: Final = whole().keys[0].principals["chairman"]
PRESIDENT: Final = whole().keys[1].principals["president"]
STRANGER: Final = XwingKey.from_seed(bytes([12]) * 32)
LETTER: Final = Letter(
    whole().id,
    0,
    "chairman",
    1,
    "president",
    bytes(range(16)),
    1_618_000_000,
    (("en", "Let us talk."), ("ko", "대화합시다.")),
)


@dataclass(frozen=True)
class _Fixed:
    """The randomness of one seal: the file key and the nonce are known, so that a second header can be made."""

    seed: bytes

    def entropy(self) -> SeededEntropy:
        return SeededEntropy(SEED + b"letter" + self.seed)

    def file_key_and_nonce(self) -> tuple[bytes, bytes]:
        entropy = self.entropy()
        return entropy.bytes(age.FILE_KEY_BYTES), entropy.bytes(age.NONCE_BYTES)


def vectors() -> Iterator[Vector]:
    file = sealed(LETTER, CHAIRMAN.key)
    same = Reference("letter", "file")
    yield _accepted("letter", "A letter in two languages, opened by its addressee.", file, PRESIDENT.xwing)
    both = sealed(LETTER, CHAIRMAN.key, to=(PRESIDENT.xwing, CHAIRMAN.xwing))
    yield _accepted("letter-own-copy", "A letter that is sealed to its writer too.", both, CHAIRMAN.xwing)
    armored = changed("letter", "file", file, _armored(file))
    yield _accepted("letter-in-armor", "A letter in ASCII armor, with blanks around it.", armored, PRESIDENT.xwing)
    for name, what, reject_as, data, key in (
        ("to-another", "The key that tries it is not the addressee's.", "not-opened", same, STRANGER),
        ("sent-on", "The addressee sealed it to somebody else.", "broken-rule", _sent_on(), STRANGER),
        *(
            (name, what, reject_as, changed("letter", "file", file, data), PRESIDENT.xwing)
            for name, what, reject_as, data in _damaged(file)
        ),
        *((name, what, reject_as, data, PRESIDENT.xwing) for name, what, reject_as, data in _forged()),
    ):
        given = {"accord": ACCORD, "seed": key.seed, "file": data}
        yield Vector(name=f"letter-{name}", spec="4.5", what=what, kind="letter", reject_as=reject_as, input=given)


def _accepted(name: str, what: str, file: Any, key: XwingKey) -> Vector:
    given = {"accord": ACCORD, "seed": key.seed, "file": file}
    expected = {"letter": facts_of(LETTER)}
    return Vector(name=name, spec="4.5", what=what, kind="letter", input=given, expected=expected)


def sealed(letter: Letter, signer: SigningKey, *, to: tuple[XwingKey, ...] = (PRESIDENT.xwing,)) -> bytes:
    return seal(letters.write(letter, signer), to)


def seal(inside: bytes, to: tuple[XwingKey, ...]) -> bytes:
    """The age file; its randomness follows from what is in it, but for the encapsulations, which are kept."""
    recipients = [key.public for key in to]
    entropy = _Fixed(inside).entropy()

    def holds(data: bytes) -> bool:
        try:
            return all(letters.open_age(data, key) == inside for key in to)
        except (CarrierFault, PeerFault):
            return False

    inputs = b"letter" + inside + b"".join(recipients)
    return KEPT.get(inputs, lambda: letters.seal(inside, recipients, entropy), holds)


def _sent_on() -> bytes:
    return sealed(LETTER, CHAIRMAN.key, to=(STRANGER,))


def _damaged(file: bytes) -> Iterator[tuple[str, str, str, bytes]]:
    opened = age.take_apart(file)
    yield "ciphertext-altered", "A bit of the payload was changed.", "not-opened", file[:-1] + bytes([file[-1] ^ 1])
    yield "cut-short", "Its last byte is missing.", "not-opened", file[:-1]
    mac = opened.header + f" {age.b64(bytes(32))}\n".encode() + opened.payload
    yield "header-mac-wrong", "The header's MAC is another.", "not-opened", mac
    yield "header-with-crlf", "A line of the header ends with CR LF.", "malformed", file.replace(b"v1\n", b"v1\r\n", 1)
    yield "of-version-2", "A version of age that is none.", "malformed", file.replace(b"/v1\n", b"/v2\n", 1)
    weak = age.Stanza(("X25519", age.b64(bytes(32))), bytes(32))
    file_key, nonce = _Fixed(letters.write(LETTER, CHAIRMAN.key)).file_key_and_nonce()
    inside = letters.write(LETTER, CHAIRMAN.key)
    what = "It is sealed to an X25519 recipient too, and so as weak as that one."
    yield "also-to-x25519", what, "malformed", age.write([*opened.stanzas, weak], file_key, nonce, inside)
    long = opened.stanzas[0]._replace(body=bytes(48))
    what = "The wrapped file key has another length."
    yield "long-file-key", what, "malformed", age.write([long], file_key, nonce, inside)


def _forged() -> Iterator[tuple[str, str, str, bytes]]:
    """Sound files, sealed to the addressee, with something wrong inside."""
    mine = LETTER._replace(accord_id=least().id)
    yield "of-another-accord", "It names another accord.", "malformed", sealed(mine, CHAIRMAN.key)
    yield "in-anothers-name", "Somebody else signed it.", "bad-signature", sealed(LETTER, PRESIDENT.key)
    nobody = LETTER._replace(from_name="nobody")
    yield "of-no-principal", "The accord names no such writer.", "malformed", sealed(nobody, CHAIRMAN.key)
    plain: Any = cbor.decode(letters.write(LETTER, CHAIRMAN.key)[:-64])
    plain[1][3] = 0
    document = cbor.encode(plain)
    signed = document + CHAIRMAN.key.sign(b"openline/letter/1\0" + document)
    yield "from-a-side-to-itself", "It is from a side to itself.", "malformed", seal(signed, (PRESIDENT.xwing,))
    yield "plain-file", "What is sealed is no letter.", "malformed", seal(b"just text", (PRESIDENT.xwing,))


def _armored(file: bytes) -> bytes:
    body = base64.b64encode(file).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    armor = "\r\n".join(["-----BEGIN AGE ENCRYPTED FILE-----", *lines, "-----END AGE ENCRYPTED FILE-----"])
    return f"\n{armor}\r\n".encode()
