"""The files a station starts from: each is held against the others, and a secret that others can read is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from openline.keys import tls
from openline.keys.entropy import SeededEntropy
from openline.keys.keyfile import Cost, plain_key_file, seal_key_file
from openline.keys.secret import RootKeys
from openline.station.files import first_line, hold_files, open_files
from openline.wire import accord as accords
from openline.wire.errors import Misuse, PeerFault
from tests.accord_maker import made

ENTROPY = SeededEntropy(b"files")
SOUTH = made().keys[1]
CONFIG = """[station]
side = "south"
accord = "accord"
keys = "station.keys"
secret = "table.secret"
tls = "station.tls"
store = "record.sqlite"
[api]
socket = "station.sock"
[[carrier]]
id = "copper"
listen = "127.0.0.1:7443"
"""


def put(at: Path, name: str, data: bytes, mode: int = 0o600) -> None:
    (at / name).write_bytes(data)
    (at / name).chmod(mode)


@pytest.fixture
def at(tmp_path) -> Path:
    """A station's folder as it should be."""
    put(tmp_path, "station.toml", CONFIG.encode(), 0o644)
    put(tmp_path, "accord", accords.encode_signed(made().signed), 0o644)
    put(tmp_path, "station.keys", plain_key_file(SOUTH.station.to_bytes(), "station"))
    put(tmp_path, "table.secret", made().psk)
    put(tmp_path, "station.tls", tls.issue(SOUTH.root, ENTROPY))
    return tmp_path


def nobody(path: Path) -> str:
    raise AssertionError(f"asked for the passphrase of {path}")


def protect(at: Path) -> None:
    data = seal_key_file(SOUTH.station.to_bytes(), "station", "words", ENTROPY, cost=Cost(8, 1, 1))
    put(at, "station.keys", data)


def test_a_whole_folder_is_opened(at):
    """Side, keys, secret and accord, with nobody asked where no passphrase is needed."""
    opened = open_files(at / "station.toml", nobody)

    assert (opened.us, opened.psk, opened.signed.id) == (1, made().psk, made().id)
    assert opened.key_file.keys.station.public == SOUTH.station.station.public


def test_a_passphrase_is_asked_for_or_read_from_its_file(at):
    """Whoever is at the machine is asked; a file of the configuration stands in for them."""
    protect(at)
    assert open_files(at / "station.toml", lambda path: {"station.keys": "words"}[path.name]).us == 1

    put(at, "passphrase", b"words\n")
    text = CONFIG.replace("secret =", 'passphrase_file = "passphrase"\nsecret =')
    put(at, "station.toml", text.encode())
    assert open_files(at / "station.toml", nobody).us == 1
    put(at, "passphrase", b"\n")
    with pytest.raises(Misuse, match="no text in its first line"):
        open_files(at / "station.toml", nobody)


def test_checking_needs_no_passphrase(at):
    """`openline config check` holds all else against each other without one."""
    protect(at)

    assert hold_files(at / "station.toml").us == 1


@pytest.mark.parametrize("name", ["station.keys", "table.secret", "station.tls"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_secret_that_others_can_read_is_refused(at, name, mode):
    """Nobody would notice otherwise; what to type is said."""
    (at / name).chmod(mode)
    with pytest.raises(Misuse, match="others can read") as caught:
        hold_files(at / "station.toml")
    assert caught.value.next_step == f"chmod 600 {at / name}"


@pytest.mark.parametrize("name", ["accord", "station.keys", "table.secret", "station.tls"])
def test_a_missing_file_is_named(at, name):
    """Which of them it is, before anything listens."""
    (at / name).unlink()
    with pytest.raises(Misuse, match=f"{name}: cannot be read"):
        hold_files(at / "station.toml")


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("accord", b"junk", "not a signed accord"),
        ("table.secret", bytes(32), "not the secret"),
        ("table.secret", b"short", "not the secret"),
        ("station.tls", tls.issue(RootKeys.generate(ENTROPY), ENTROPY), "not of the root"),
        ("station.tls", tls.issue(made().keys[0].root, ENTROPY), "is .*, and this is the configuration"),
        ("station.tls", b"junk", "not a TLS key"),
        ("station.keys", b"junk", "not a key file"),
        ("station.keys", plain_key_file(SOUTH.root.to_bytes(), "root"), "keys of kind root"),
        ("station.keys", plain_key_file(b"junk", "station"), "another release"),
    ],
)
def test_a_wrong_file_is_told_by_its_name(at, name, data, what):
    """A file of another accord, another side or another kind."""
    put(at, name, data)
    with pytest.raises(Misuse, match=f"{name}.*{what}"):
        open_files(at / "station.toml", lambda _: "words")


def test_an_accord_whose_signatures_do_not_hold_is_refused(at):
    """A signature altered on the way is the other side's fault, or whoever carried it."""
    signed = bytearray(accords.encode_signed(made().signed))
    signed[-1] ^= 1
    put(at, "accord", bytes(signed))
    with pytest.raises(PeerFault):
        hold_files(at / "station.toml")


def test_a_first_line_is_text(at):
    """Passwords and tokens are read from the first line alone; bytes that are no text are none."""
    put(at, "token", b"secret words\r\nsecond line")
    assert first_line(at / "token") == "secret words"
    put(at, "token", b"\xff\xfe")
    with pytest.raises(Misuse):
        first_line(at / "token")
