"""`openline letter`: only its addressee opens what is sealed; its writer is shown as proven only where that is so."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from openline.cli import files
from openline.cli import letters as verbs
from openline.keys import letters
from openline.keys.entropy import SeededEntropy
from openline.wire import limits
from tests.table import table
from tests.unit.cli.kit import Kit, kit

CHAIRMAN = table().keys[0].principals["chairman"]
PRESIDENT = table().keys[1].principals["president"]
RECIPIENT = letters.recipient(PRESIDENT.xwing.public)
CLASSICAL = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
WRITE = ("letter", "seal", "--from", "{}/chairman.key", "--accord", "{}/accord", "--passphrase-file", "{}/words")
OPEN = ("letter", "open", "{}/sealed", "--key", "{}/president.key", "--passphrase-file", "{}/words")


@pytest.fixture
def at(tmp_path: Path) -> Kit:
    return kit(tmp_path)


def write(at: Kit, text: str = "Let us talk.\n", *more: str) -> None:
    result = at.run(*WRITE, "--to", "president", "--out", "{}/sealed", *more, given=text)
    assert result.exit_code == 0, result.output


# --- plain files ---


def test_a_plain_file_comes_back(at: Kit) -> None:
    """Bytes of any kind, sealed from a file and to a file, come back as they were; the result is its owner's alone."""
    at.put("plain", bytes(range(256)) * 600)
    facts = at.facts("letter", "seal", "--to", RECIPIENT, "--in", "{}/plain", "--out", "{}/sealed")
    assert facts["bytes"] == (at.at / "sealed").stat().st_size
    assert at.facts(*OPEN, "--out", "{}/opened") == {"letter": None, "bytes": 256 * 600}
    assert (at.at / "opened").read_bytes() == (at.at / "plain").read_bytes()
    assert (at.at / "opened").stat().st_mode & 0o077 == 0


def test_standard_input_and_output(at: Kit) -> None:
    """Sealing and opening work in a pipe, byte for byte."""
    sealed = at.run("letter", "seal", "--to", RECIPIENT, "--out", "-", given=b"\xffnot text")
    at.put("sealed", sealed.stdout_bytes)
    assert at.run(*OPEN).stdout_bytes == b"\xffnot text"
    assert at.facts(*OPEN)["base64"] == base64.b64encode(b"\xffnot text").decode()


def test_recipients_from_a_file(at: Kit) -> None:
    """A file of recipients, with remarks, seals to each of them."""
    other = letters.recipient(CHAIRMAN.xwing.public)
    at.put("recipients", f"# both principals\n{RECIPIENT}\n\n{other}\n".encode())
    assert at.run("letter", "seal", "--to", "{}/recipients", "--out", "{}/sealed", given="x").exit_code == 0
    for who in ("president", "chairman"):
        result = at.run("letter", "open", "{}/sealed", "--key", f"{{}}/{who}.key", "--passphrase-file", "{}/words")
        assert result.stdout == "x"


def test_an_age_identity_opens(at: Kit) -> None:
    """A key made by another age program, in its own file, opens as well."""
    at.put("identity", b"# made elsewhere\n" + letters.identity(PRESIDENT.xwing.seed).encode() + b"\n")
    at.put("sealed", letters.seal(b"x", [PRESIDENT.xwing.public], SeededEntropy(b"x")))
    assert at.run("letter", "open", "{}/sealed", "--key", "{}/identity").stdout == "x"


def test_attack_classical_recipient(at: Kit) -> None:
    """A recipient that a later quantum computer breaks is refused by rule, alone or in a file with good ones."""
    at.put("mixed", f"{RECIPIENT}\n{CLASSICAL}\n".encode())
    for to in (CLASSICAL, "{}/mixed"):
        result = at.run("letter", "seal", "--to", to, "--out", "{}/sealed", given="x")
        assert result.exit_code == 3
        assert "post-quantum" in result.stderr
        assert not (at.at / "sealed").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("seal", "--to", RECIPIENT[:-1], "--out", "{}/new"), 2),
        (("seal", "--to", "{}/words", "--out", "{}/new"), 2),
        (("seal", "--to", "{}/empty", "--out", "{}/new"), 2),
        (("seal", "--to", "{}/binary", "--out", "{}/new"), 2),
        (("seal", "--to", "{}/nothing", "--out", "{}/new"), 2),
        (("seal", "--to", RECIPIENT, "--out", "{}/words"), 2),
        (("seal", "--to", RECIPIENT, "--in", "{}/nothing", "--out", "{}/new"), 2),
        (("seal", "--to", RECIPIENT, "--accord", "{}/accord", "--out", "{}/new"), 2),
        (("seal", "--to", RECIPIENT, "--copy", "--out", "{}/new"), 2),
        (("seal", "--out", "{}/new"), 2),
        (("open", "{}/words", "--key", "{}/identity"), 5),
        (("open", "{}/words", "--key", "{}/broken"), 2),
        (("open", "{}/nothing", "--key", "{}/identity"), 2),
    ],
)
def test_exit_codes(at: Kit, words: tuple[str, ...], code: int) -> None:
    """A wrong use ends with 2 and bytes that do not verify with 5; neither makes a file."""
    at.put("empty", b"# nobody\n")
    at.put("binary", b"\xff\xfe")
    at.put("identity", letters.identity(PRESIDENT.xwing.seed).encode())
    at.put("broken", letters.identity(PRESIDENT.xwing.seed)[:-1].encode())
    assert at.run("letter", *words, given="x").exit_code == code
    assert not (at.at / "new").exists()


def test_what_is_not_for_us_does_not_open(at: Kit) -> None:
    """A file sealed to another key, or damaged, ends with exit code 5 and shows nothing."""
    sealed = letters.seal(b"x", [CHAIRMAN.xwing.public], SeededEntropy(b"x"))
    at.put("sealed", sealed)
    assert (at.run(*OPEN).exit_code, at.run(*OPEN).stdout) == (5, "")
    at.put("sealed", letters.seal(b"x", [PRESIDENT.xwing.public], SeededEntropy(b"x"))[:-1])
    assert (at.run(*OPEN).exit_code, at.run(*OPEN).stdout) == (5, "")


def test_a_screen_gets_no_control_characters(at: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plaintext that could move a terminal's cursor is not printed on one, nor is what is not text."""
    monkeypatch.setattr(verbs, "is_terminal", lambda: True)
    for plaintext, code in ((b"two\nlines", 0), (b"\x1b[2J", 2), (b"\xff", 2)):
        at.put("sealed", letters.seal(plaintext, [PRESIDENT.xwing.public], SeededEntropy(b"x")))
        assert at.run(*OPEN).exit_code == code


# --- signed letters ---


def test_a_signed_letter_is_shown_with_its_proven_writer(at: Kit) -> None:
    """Written by one principal to the other, it is opened, checked against the accord and shown so."""
    write(at)
    facts = at.facts(*OPEN, "--accord", "{}/accord")["letter"]
    assert (facts["from"], facts["to"]) == ({"side": 0, "name": "chairman"}, {"side": 1, "name": "president"})
    assert (facts["texts"], facts["signature"]) == ({"ko": "Let us talk."}, "verified")
    shown = at.run(*OPEN, "--accord", "{}/accord").stdout
    assert "chairman of north: the signature holds" in shown
    assert "Let us talk." in shown


def test_without_an_accord_nothing_is_said_to_be_proven(at: Kit) -> None:
    """The writer's name alone proves nothing, and the output says so."""
    write(at, "Let us talk.", "--language", "en")
    assert at.facts(*OPEN)["letter"]["signature"] == "not checked"
    shown = at.run(*OPEN).stdout
    assert "NOT CHECKED" in shown
    assert "the signature holds" not in shown
    assert "[en]" in shown


def test_attack_a_letter_in_another_name(at: Kit) -> None:
    """A letter that the president signed in the chairman's name does not verify against the accord."""
    claimed = letters.Letter(
        table().signed.id, 0, "chairman", 1, "president", bytes(16), 0, (("en", "I resign."),)
    )
    forged = letters.write(claimed, PRESIDENT.key)
    at.put("sealed", letters.seal(forged, [PRESIDENT.xwing.public], SeededEntropy(b"x")))
    result = at.run(*OPEN, "--accord", "{}/accord", "--out", "{}/new")
    assert result.exit_code == 5
    assert "I resign." not in result.output
    assert not (at.at / "new").exists()


def test_attack_a_letter_sent_on(at: Kit) -> None:
    """A genuine letter, sealed again by its reader to somebody else, does not pass for written to them."""
    write(at)
    inner = letters.open_age((at.at / "sealed").read_bytes(), PRESIDENT.xwing)
    other = letters.parse_identity("AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR")
    at.put("identity", letters.identity(other).encode())
    at.put("sealed", letters.seal(inner, [verbs.XwingKey(other).public], SeededEntropy(b"x")))
    result = at.run("letter", "open", "{}/sealed", "--key", "{}/identity", "--accord", "{}/accord")
    assert result.exit_code == 5
    assert "sent on" in result.stderr


def test_the_writer_keeps_a_copy_only_if_asked(at: Kit) -> None:
    """With --copy the writer opens the own letter too; without it nobody but the addressee does."""
    own = ("letter", "open", "{}/sealed", "--key", "{}/chairman.key", "--passphrase-file", "{}/words")
    write(at)
    assert at.run(*own).exit_code == 5
    (at.at / "sealed").unlink()
    write(at, "Let us talk.", "--copy")
    assert at.facts(*own, "--accord", "{}/accord")["letter"]["signature"] == "verified"


def test_a_letter_cannot_move_the_cursor(at: Kit) -> None:
    """Control characters in the other side's text are shown as such, not sent to the terminal."""
    write(at, "before\x1b[2Jafter")
    assert "before�[2Jafter" in at.run(*OPEN).stdout


def test_a_letter_fits_an_entry_or_is_refused(at: Kit) -> None:
    """The longest text fits sealed to one; what could not be carried is not made."""
    write(at, "x" * limits.TEXT_BYTES_MAX)
    assert (at.at / "sealed").stat().st_size <= limits.LETTER_FILE_BYTES_MAX
    result = at.run(*WRITE, "--to", "president", "--out", "{}/new", given="x" * (limits.TEXT_BYTES_MAX + 1))
    assert result.exit_code == 2
    assert not (at.at / "new").exists()


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (("--to", "chairman"), b"x"),
        (("--to", "envoy"), b"x"),
        (("--to", "president", "--to", "president"), b"x"),
        (("--to", "president"), b"\xff"),
        (("--to", "president"), b""),
    ],
    ids=["own side", "nobody", "two", "not text", "nothing"],
)
def test_what_cannot_be_written(at: Kit, words: tuple[str, ...], given: bytes) -> None:
    """A signed letter is a text to one principal of the other side."""
    assert at.run(*WRITE, *words, "--out", "{}/new", given=given).exit_code == 2
    assert not (at.at / "new").exists()


def test_only_the_accords_principal_signs(at: Kit) -> None:
    """A key that the accord does not name under that name signs no letter; nor does an officer's."""
    made = ("key", "new", "principal", "--name", "chairman", "--out", "{}/other.key", "--passphrase-file", "{}/words")
    assert at.run(*made).exit_code == 0
    seal = ("letter", "seal", "--accord", "{}/accord", "--passphrase-file", "{}/words", "--to", "president")
    result = at.run(*seal, "--from", "{}/other.key", "--out", "{}/new", given="x")
    assert result.exit_code == 2
    assert "names no principal" in result.stderr
    assert at.run("key", "new", "root", "--out", "{}/root.key", "--passphrase-file", "{}/words").exit_code == 0
    assert at.run(*seal, "--from", "{}/root.key", "--out", "{}/new", given="x").exit_code == 2


def test_a_time_beyond_the_calendar_is_shown() -> None:
    """A letter dated past the year 9999 by its writer is shown by its bare number."""
    assert files.utc(limits.TIME_S_MAX) == f"second {limits.TIME_S_MAX} since 1970"
    assert files.utc(1_600_000_000) == "2020-09-13 12:26:40 UTC"
