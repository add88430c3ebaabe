"""`openline key`: one secret, written once, to its owner alone; everything printed is public."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from openline.cli import keys as verbs
from openline.keys import letters
from openline.keys.entropy import SeededEntropy
from openline.keys.keyfile import open_key_file, seal_key_file
from openline.keys.public import fingerprint
from openline.keys.secret import OfficerKey, PrincipalKey, XwingKey
from tests.table import table
from tests.unit.cli.kit import CHEAP, WORDS, Kit, kit

ALGORITHMS = {
    "root": ["Ed25519", "ML-DSA-87"],
    "station": ["Ed25519", "ML-DSA-44", "X-Wing"],
    "announce": ["Ed25519", "ML-DSA-44"],
    "officer": ["Ed25519"],
    "principal": ["Ed25519", "X-Wing"],
}


@pytest.fixture
def at(tmp_path: Path) -> Kit:
    return kit(tmp_path)


def new(at: Kit, kind: str, out: str = "{}/new.key") -> tuple[str, ...]:
    name = ("--name", "first") if kind in ("officer", "principal") else ()
    return ("key", "new", kind, "--out", out, *name, "--passphrase-file", "{}/words")


@pytest.mark.parametrize("kind", list(ALGORITHMS))
def test_what_is_made_is_shown_again(at: Kit, kind: str) -> None:
    """A new key file of every kind opens with its passphrase and shows what was printed when it was made."""
    made = at.facts(*new(at, kind))
    assert made["kind"] == kind
    assert [one["algorithm"] for one in made["keys"]] == ALGORITHMS[kind]
    assert all(one["fingerprint"] == fingerprint(bytes.fromhex(one["public"])) for one in made["keys"])
    assert at.facts("key", "show", "{}/new.key", "--passphrase-file", "{}/words") == made


def test_every_kind_is_covered() -> None:
    """A kind added to the verb is added to these tests."""
    assert set(verbs.KINDS) == set(ALGORITHMS)


def test_a_key_file_is_its_owners_alone(at: Kit) -> None:
    """Nobody else may read it, whatever the mask of the shell was."""
    before = os.umask(0)
    try:
        assert at.run(*new(at, "officer")).exit_code == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((at.at / "new.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("there", ["file", "broken link"])
def test_nothing_is_overwritten(at: Kit, there: str) -> None:
    """A key file that is there stays as it is; a link to elsewhere is not followed."""
    if there == "file":
        at.put("new.key", b"a secret of last year")
    else:
        (at.at / "new.key").symlink_to(at.at / "elsewhere")
    result = at.run(*new(at, "root"))
    assert result.exit_code == 2
    assert "there already" in result.stderr
    assert not (at.at / "elsewhere").exists()
    if there == "file":
        assert (at.at / "new.key").read_bytes() == b"a secret of last year"


def test_the_secret_is_not_in_the_file_nor_printed(at: Kit) -> None:
    """The seeds are found neither in the key file nor in anything shown."""
    shown = at.run(*new(at, "principal")).output
    data = (at.at / "new.key").read_bytes()
    _, secret = open_key_file(data, WORDS)
    keys = PrincipalKey.from_bytes(secret)
    for seed in (keys.key.seed, keys.xwing.seed):
        assert seed not in data
        assert seed.hex() not in shown
    assert letters.identity(keys.xwing.seed) not in shown


def test_the_passphrase_is_asked_for_twice_when_made(at: Kit) -> None:
    """Typed without a slip it protects the file; two that differ are asked for again; it is not echoed."""
    result = at.run("key", "new", "root", "--out", "{}/new.key", given="one\nother\ntwo words\ntwo words\n")
    assert result.exit_code == 0
    assert "two words" not in result.output
    assert open_key_file((at.at / "new.key").read_bytes(), "two words")[0] == "root"


def test_another_passphrase_opens_nothing(at: Kit) -> None:
    """A wrong passphrase is said to be wrong, as a mistake of the user."""
    result = at.run("key", "show", "{}/president.key", given="wrong\n")
    assert result.exit_code == 2
    assert "passphrase" in result.stderr


@pytest.mark.parametrize("words", [b"", b"\nsecond line\n", b"\xff\xfe\n"])
def test_a_passphrase_file_without_a_passphrase(at: Kit, words: bytes) -> None:
    """An empty first line, or bytes that are no text, protect nothing."""
    at.put("words", words)
    assert at.run(*new(at, "root")).exit_code == 2
    assert not (at.at / "new.key").exists()


def test_a_principals_recipient_is_what_letters_are_sealed_to(at: Kit) -> None:
    """The recipient printed is the accord's key; the secret identity is printed only when asked for."""
    show = ("key", "show", "{}/president.key", "--passphrase-file", "{}/words")
    facts = at.facts(*show)
    assert letters.parse_recipient(facts["recipient"]) == table().signed.accord.sides[1].principals[0].xwing
    assert "identity" not in facts
    seed = letters.parse_identity(at.facts(*show, "--identity")["identity"])
    assert XwingKey(seed).public == letters.parse_recipient(facts["recipient"])
    assert facts["recipient"] in at.run(*show).output


def test_only_a_principal_has_an_identity(at: Kit) -> None:
    """Another kind's file has none to show."""
    secret = OfficerKey.generate("first", SeededEntropy(b"test")).to_bytes()
    at.put("officer.key", seal_key_file(secret, "officer", WORDS, SeededEntropy(b"test"), cost=CHEAP))
    result = at.run("key", "show", "{}/officer.key", "--identity", "--passphrase-file", "{}/words")
    assert result.exit_code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("key", "new", "officer", "--out", "{}/new.key"),
        ("key", "new", "officer", "--out", "{}/new.key", "--name", "x" * 65),
        ("key", "new", "officer", "--out", "{}/new.key", "--name", "two\nlines"),
        ("key", "new", "root", "--out", "{}/new.key", "--name", "first"),
        ("key", "new", "queen", "--out", "{}/new.key"),
        ("key", "new", "root"),
        ("key", "new", "root", "--out", "{}/no/such/place"),
        ("key", "show", "{}/nothing"),
        ("key", "show", "{}/accord"),
    ],
)
def test_misuse(at: Kit, words: tuple[str, ...]) -> None:
    """Every wrong use ends with exit code 2, and makes nothing."""
    before = sorted(at.at.iterdir())
    assert at.run(*words, "--passphrase-file", "{}/words").exit_code == 2
    assert sorted(at.at.iterdir()) == before


@pytest.mark.parametrize(("kind", "secret"), [("queen", b"\xa0"), ("root", b"\xa0"), ("root", b"")])
def test_a_key_file_of_another_release(at: Kit, kind: str, secret: bytes) -> None:
    """A kind or content that is not known here is said not to be."""
    at.put("new.key", seal_key_file(secret, kind, WORDS, SeededEntropy(b"test"), cost=CHEAP))
    result = at.run("key", "show", "{}/new.key", "--passphrase-file", "{}/words")
    assert result.exit_code == 2
    assert "new.key holds" in result.stderr


def test_a_name_cannot_move_the_cursor(at: Kit) -> None:
    """A name with control characters, from a file made elsewhere, is shown without them."""
    secret = OfficerKey.generate("first\x1b[2J", SeededEntropy(b"test")).to_bytes()
    at.put("officer.key", seal_key_file(secret, "officer", WORDS, SeededEntropy(b"test"), cost=CHEAP))
    shown = at.run("key", "show", "{}/officer.key", "--passphrase-file", "{}/words").output
    assert "first�[2J" in shown
