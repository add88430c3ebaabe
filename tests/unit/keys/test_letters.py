"""Letters: only the addressee opens one, with Openline or with any age; and it is by whom it says, to whom it says."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.keys import age, letters
from openline.keys.age import CHUNK_BYTES
from openline.keys.entropy import SeededEntropy
from openline.keys.letters import Letter
from openline.keys.public import BadSignature
from openline.keys.secret import XwingKey
from openline.wire import bech32, cbor, limits
from openline.wire.errors import CarrierFault, Malformed, OurFault, PeerFault
from tests.table import table

ENTROPY = SeededEntropy(b"letters")
MINE, OTHER = XwingKey.generate(ENTROPY), XwingKey.generate(ENTROPY)
AGREED = table().signed
CHAIRMAN, PRESIDENT = table().keys[0].principals["chairman"], table().keys[1].principals["president"]
LETTER = Letter(AGREED.id, 0, "chairman", 1, "president", bytes(16), 1_600_000_000, (("en", "Let us talk."),))
OVERHEAD_BYTES = 1659

NODE_DIRECTORY = Path(__file__).parents[3] / "verifier"
OPEN_SCRIPT = """
import { Decrypter } from "age-encryption";
const { file, identity } = JSON.parse(await new Response(process.stdin).text());
const decrypter = new Decrypter();
decrypter.addIdentity(identity);
const plaintext = await decrypter.decrypt(Uint8Array.from(Buffer.from(file, "base64")));
process.stdout.write(Buffer.from(plaintext).toString("base64"));
"""
SEAL_SCRIPT = """
import { Encrypter } from "age-encryption";
const { plaintext, recipients } = JSON.parse(await new Response(process.stdin).text());
const encrypter = new Encrypter();
for (const recipient of recipients) encrypter.addRecipient(recipient);
const file = await encrypter.encrypt(Uint8Array.from(Buffer.from(plaintext, "base64")));
process.stdout.write(Buffer.from(file).toString("base64"));
"""


def in_node(script: str, **values: object) -> bytes:
    """Run a module script in Node with npm's age-encryption at hand; skip where either is missing."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed; `make setup` brings it")
    if not (NODE_DIRECTORY / "node_modules" / "age-encryption").is_dir():
        pytest.skip("npm's age-encryption is not under verifier/node_modules; `make setup` brings it")
    done = subprocess.run(
        [node, "--input-type=module", "--eval", script],
        cwd=NODE_DIRECTORY,
        input=json.dumps(values).encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return base64.b64decode(done.stdout)


def signed(letter: Letter = LETTER) -> bytes:
    return letters.write(letter, CHAIRMAN.key)


# --- recipients and identities ---


def test_the_specifications_example() -> None:
    """The identity in C2SP age's text has the recipient that stands there (here by its hash: it has 1,959 letters)."""
    seed = letters.parse_identity("AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR")
    recipient = letters.recipient(XwingKey(seed).public)
    assert recipient.startswith("age1pq1x34nzsvr0rxjsgdn8zgyhfe8j7ceq5r9rdelkjuh3y235jzxshfg8")
    assert hashlib.sha256(recipient.encode()).hexdigest() == (
        "a091dd7e0ee9d62b75173dcc98441a0424baa941e66a8776e570a4ae60ff61ea"
    )


@given(st.binary(min_size=32, max_size=32))
def test_identity_and_recipient_come_back(seed: bytes) -> None:
    """A seed and its public key are read from what age takes."""
    assert letters.parse_identity(letters.identity(seed)) == seed
    public = XwingKey(seed).public
    assert letters.parse_recipient(letters.recipient(public)) == public


@pytest.mark.parametrize(
    "text",
    [
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
        bech32.encode("age1pq", bytes(1215)),
        bech32.encode("age1pq", MINE.public[:-32] + bytes(32)),
        bech32.encode("age1pq", b"\xff" * 1216),
        letters.recipient(MINE.public).upper(),
        letters.recipient(MINE.public)[:-1],
        letters.identity(MINE.seed),
        "",
    ],
    ids=["classical", "short", "low order", "no ML-KEM key", "upper case", "cut short", "an identity", "nothing"],
)
def test_attack_bad_recipient(text: str) -> None:
    """Nothing is sealed to a classical, damaged or hostile recipient."""
    with pytest.raises(Malformed):
        letters.parse_recipient(text)


@pytest.mark.parametrize(
    "text",
    [
        "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
        letters.identity(MINE.seed).lower(),
        bech32.encode("age-secret-key-pq-", bytes(31)).upper(),
        "",
    ],
    ids=["classical", "lower case", "short", "nothing"],
)
def test_bad_identity(text: str) -> None:
    """What is no post-quantum identity is not taken for one."""
    with pytest.raises(Malformed):
        letters.parse_identity(text)


# --- the seal ---


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 7])
def test_what_is_sealed_is_opened(size: int) -> None:
    """Payloads of none, one and several chunks are opened by each of two recipients."""
    plaintext = bytes(range(256)) * (size // 256) + bytes(size % 256)
    data = letters.seal(plaintext, [OTHER.public, MINE.public], ENTROPY)
    assert letters.open_age(data, MINE) == plaintext
    assert letters.open_age(data, OTHER) == plaintext


def test_the_seal_costs_what_is_promised() -> None:
    """One recipient costs 1,659 bytes, so that a letter of 12 kB fits an entry."""
    data = letters.seal(bytes(1000), [MINE.public], ENTROPY)
    assert len(data) == 1000 + OVERHEAD_BYTES
    assert limits.LETTER_FILE_BYTES_MAX - OVERHEAD_BYTES > 12_000


def test_the_seal_shows_no_recipient() -> None:
    """Nothing in a file names for whom it is: no public key, no hash of one."""
    data = letters.seal(b"text", [MINE.public], ENTROPY)
    for trace in (MINE.public[:16], MINE.public[-16:], MINE.id, hashlib.sha256(MINE.public).digest()[:4]):
        assert trace not in data
        assert base64.b64encode(trace)[:10] not in data


def test_attack_another_key() -> None:
    """Who holds another key opens nothing."""
    data = letters.seal(b"text", [MINE.public], ENTROPY)
    with pytest.raises(CarrierFault, match="not sealed to this key"):
        letters.open_age(data, OTHER)


@pytest.mark.parametrize(
    "arguments",
    [
        ("X25519", age.b64(bytes(32))),
        ("scrypt", age.b64(bytes(16)), "18"),
        ("mlkem768x25519",),
        ("mlkem768x25519", age.b64(bytes(1119))),
        ("mlkem768x25519", age.b64(bytes(1120)), "more"),
        ("MLKEM768X25519", age.b64(bytes(1120))),
    ],
    ids=["X25519", "scrypt", "no share", "short share", "a third argument", "upper case"],
)
def test_attack_also_sealed_to_a_weak_key(arguments: tuple[str, ...]) -> None:
    """A file sealed to the addressee and to a recipient of another kind is not opened, whichever comes first."""
    file_key = bytes(16)
    good = letters._wrapped(file_key, MINE.public)
    weak = age.Stanza(arguments, bytes(32))
    for stanzas in ([good, weak], [weak, good], [weak]):
        with pytest.raises(Malformed, match="letter"):
            letters.open_age(age.write(stanzas, file_key, bytes(16), b"text"), MINE)


def test_attack_long_file_key() -> None:
    """A wrapped key of another length is refused before the secret key touches it (the partitioning oracle)."""
    good = letters._wrapped(bytes(16), MINE.public)
    data = age.write([good._replace(body=bytes(48))], bytes(16), bytes(16), b"text")
    with pytest.raises(Malformed, match="bytes"):
        letters.open_age(data, MINE)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_attack_one_bit_anywhere(at: int, flip: int) -> None:
    """No byte of a sealed letter can be changed unseen."""
    data = bytearray(letters.seal(b"text", [MINE.public], ENTROPY))
    data[at % len(data)] ^= flip
    with pytest.raises((Malformed, CarrierFault)):
        letters.open_age(bytes(data), MINE)


def test_a_letter_to_nobody_is_our_fault() -> None:
    """Sealing to no recipient is a defect of the caller."""
    with pytest.raises(OurFault):
        letters.seal(b"text", [], ENTROPY)


# --- who wrote it, to whom ---


def test_a_letter_is_read_as_written() -> None:
    """Signed, sealed, opened and verified: the same letter."""
    data = letters.open_age(letters.seal(signed(), [PRESIDENT.xwing.public], ENTROPY), PRESIDENT.xwing)
    assert letters.read(data, CHAIRMAN.key.public) == LETTER
    assert letters.read_in(data, AGREED, PRESIDENT.xwing.public) == LETTER


def test_a_writer_reads_the_own_copy() -> None:
    """A letter also sealed to its writer is the writer's to read."""
    assert letters.read_in(signed(), AGREED, CHAIRMAN.xwing.public) == LETTER


def test_attack_a_letter_sent_on() -> None:
    """The addressee seals the signed letter to somebody else: it names another addressee, and is refused there."""
    with pytest.raises(PeerFault, match="sent on"):
        letters.read_in(signed(), AGREED, OTHER.public)


def test_attack_a_letter_in_another_name() -> None:
    """Whoever can seal to a principal cannot sign as one."""
    forged = letters.write(LETTER, PRESIDENT.key)
    with pytest.raises(BadSignature, match="chairman"):
        letters.read_in(forged, AGREED, PRESIDENT.xwing.public)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_attack_altered_letter(at: int, flip: int) -> None:
    """No byte of a signed letter can be changed unseen."""
    data = bytearray(signed())
    data[at % len(data)] ^= flip
    with pytest.raises(PeerFault):
        letters.read(bytes(data), CHAIRMAN.key.public)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"accord_id": bytes(32)}, "another accord"),
        ({"from_name": "envoy"}, "no principal"),
        ({"to_name": "envoy"}, "no principal"),
    ],
)
def test_a_letter_outside_the_accord(change: dict[str, object], says: str) -> None:
    """A letter of another accord, or between persons it does not name, is not shown as verified."""
    with pytest.raises(Malformed, match=says):
        letters.read_in(signed(LETTER._replace(**change)), AGREED, PRESIDENT.xwing.public)


@pytest.mark.parametrize(
    "change",
    [
        {"to_side": 0},
        {"from_side": 2},
        {"letter_id": bytes(15)},
        {"from_name": ""},
        {"texts": ()},
        {"texts": (("en", "x" * (limits.TEXT_BYTES_MAX + 1)),)},
    ],
)
def test_what_cannot_be_written(change: dict[str, object]) -> None:
    """A letter that could not be read is not written."""
    with pytest.raises(Malformed):
        signed(LETTER._replace(**change))


@pytest.mark.parametrize("document", [b"", cbor.encode([2, []]), cbor.encode([True, []]), cbor.encode([1]), b"\x80"])
def test_no_letter(document: bytes) -> None:
    """Plain text, and letters of another format, are told from a letter."""
    with pytest.raises(Malformed):
        letters.unverified(document + bytes(64))


@given(st.binary(max_size=300))
def test_any_bytes_give_a_letter_or_malformed(data: bytes) -> None:
    """No bytes make the reader fail otherwise."""
    for given_data in (data, signed()[: len(data)] + data):
        try:
            letters.unverified(given_data)
        except Malformed:
            continue


# --- other programs ---


@pytest.mark.parametrize("size", [0, 1000, CHUNK_BYTES, 200_000])
def test_npm_age_opens_ours(size: int) -> None:
    """A principal without Openline opens a letter with npm's age-encryption, of several chunks too."""
    plaintext = bytes(range(256)) * (size // 256) + bytes(size % 256)
    sealed = letters.seal(plaintext, [OTHER.public, MINE.public], ENTROPY)
    file = base64.b64encode(sealed).decode()
    assert in_node(OPEN_SCRIPT, file=file, identity=letters.identity(MINE.seed)) == plaintext


@pytest.mark.parametrize("size", [0, 1000, CHUNK_BYTES, 200_000])
def test_we_open_what_npm_age_sealed(size: int) -> None:
    """A letter sealed with npm's age-encryption to our recipients is opened here."""
    plaintext = bytes(range(256)) * (size // 256) + bytes(size % 256)
    recipients = [letters.recipient(OTHER.public), letters.recipient(MINE.public)]
    file = in_node(SEAL_SCRIPT, plaintext=base64.b64encode(plaintext).decode(), recipients=recipients)
    assert letters.open_age(file, MINE) == plaintext
