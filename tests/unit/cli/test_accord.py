"""`openline accord`: nothing of an accord is shown as agreed before every signature in it holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from openline.keys import letters, notes
from openline.keys.public import fingerprint
from openline.wire import accord as accords
from openline.wire import cbor
from openline.wire.accord import Post, Witness
from openline.wire.bodies import Message, Suspend
from tests.table import table
from tests.unit.cli.kit import Kit, kit

SIGNED = table().signed


@pytest.fixture
def at(tmp_path: Path) -> Kit:
    return kit(tmp_path)


def test_the_digits_are_those_read_aloud(at: Kit) -> None:
    """The verb prints the spec's 60 digits, for people in rows of four groups, and says that the accord is signed."""
    expected = accords.digits(SIGNED.id)
    assert at.facts("accord", "digits", "{}/accord") == {"digits": expected, "id": SIGNED.id.hex(), "signed": True}
    result = at.run("accord", "digits", "{}/accord")
    assert result.stdout.split() == expected.split()
    assert [len(row.split()) for row in result.stdout.splitlines()] == [4, 4, 4]
    assert result.stderr == ""


def test_the_document_on_the_table_has_digits_before_it_is_signed(at: Kit) -> None:
    """The digits are read aloud first and signed then; until then the verb says so."""
    result = at.run("accord", "digits", "{}/document")
    assert result.stdout.split() == accords.digits(SIGNED.id).split()
    assert "not signed" in result.stderr
    assert at.facts("accord", "digits", "{}/document")["signed"] is False
    assert "NOT SIGNED" in at.run("accord", "show", "{}/document").stdout


def test_show_says_what_was_agreed(at: Kit) -> None:
    """Names, keys, lines and carriers are the accord's own, and each key is printed whole for programs."""
    facts = at.facts("accord", "show", "{}/accord")
    assert (facts["name"], facts["id"], facts["signed"]) == (SIGNED.accord.name, SIGNED.id.hex(), True)
    for shown, side in zip(facts["sides"], SIGNED.accord.sides, strict=True):
        assert shown["name"] == side.name
        keys = {one["what"]: one["public"] for one in shown["keys"]}
        assert keys["root"] == side.root_ed25519.hex()
        assert keys["station"] == side.station.hex()
        assert keys["officer duty"] == side.officers[0].key.hex()
        assert shown["principals"][0]["recipient"] == letters.recipient(side.principals[0].xwing)
        assert shown["announcement_verifier_keys"] == list(notes.statement_verifier_keys(side))
    assert [line["id"] for line in facts["lines"]] == ["panmunjom"]
    assert facts["lines"][0]["carriers"] == ["copper"]


def test_show_for_people_has_every_fingerprint(at: Kit) -> None:
    """A person compares fingerprints; all of both sides' are there."""
    shown = at.run("accord", "show", "{}/accord").stdout
    for side in SIGNED.accord.sides:
        assert fingerprint(side.root_ed25519) in shown
        assert fingerprint(side.announce_mldsa44) in shown
        assert fingerprint(side.principals[0].xwing) in shown
    assert "every signature holds" in shown


def test_show_tells_check_ins_and_expiry(at: Kit) -> None:
    """A schedule is shown with its caller, days and zone, an expiry with its date."""
    line = accords.Line(
        id="ministry",
        carriers=(0,),
        check_ins=(accords.CheckIn(9 * 3600, 1, 0, "Asia/Seoul"), accords.CheckIn(17 * 3600 + 90, 0, 1, "Asia/Seoul")),
        expires_s=1_600_000_000,
    )
    document = accords.encode(accords.Accord(**{**vars(SIGNED.accord), "lines": (line,)}))
    at.put("document", document)
    shown = at.run("accord", "show", "{}/document").stdout
    assert "09:00 Asia/Seoul, south calls, working days" in shown
    assert "17:01:30 Asia/Seoul, north calls, daily" in shown
    assert "until 2020-09-13 12:26:40 UTC" in shown


@pytest.mark.parametrize("verb", ["show", "digits"])
def test_attack_one_signature_altered(at: Kit, verb: str) -> None:
    """An accord in which one root signature does not hold is not shown, and whose it is, is said."""
    spoiled = accords.Signatures(**{**vars(SIGNED.signatures[1]), "root_ed25519": bytes(64)})
    signed = accords.SignedAccord(SIGNED.accord, SIGNED.document, (SIGNED.signatures[0], spoiled))
    at.put("accord", accords.encode_signed(signed))
    result = at.run("accord", verb, "{}/accord")
    assert result.exit_code == 5
    assert "south" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("data", [b"", b"text", cbor.encode({1: 1}), cbor.encode([b"", {}, {}])])
@pytest.mark.parametrize("verb", ["show", "digits"])
def test_what_is_no_accord_does_not_verify(at: Kit, verb: str, data: bytes) -> None:
    """Other bytes end with exit code 5."""
    at.put("accord", data)
    assert at.run("accord", verb, "{}/accord").exit_code == 5


def test_a_missing_file_is_misuse(at: Kit) -> None:
    """A name mistyped is the user's to mend."""
    result = at.run("accord", "show", "{}/nothing")
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


def test_show_has_every_term_that_the_annex_needs(tmp_path: Path) -> None:
    """What takes two officers, desks, witnesses and days without calls are agreed too, so a person is shown them."""
    agreed = accords.decode(SIGNED.document)
    sides = (replace(agreed.sides[0], posts=(Post(name="duty desk", lines=(0,)),)), agreed.sides[1])
    document = accords.encode(
        replace(
            agreed, sides=sides, two_person=(Message.kind, Suspend.kind),
            lines=(replace(agreed.lines[0], holidays=(20_819, 9_999_999)),),
            witnesses=(Witness(name="un", key=bytes(32)),),
        )
    )  # fmt: skip
    made = kit(tmp_path)
    made.put("terms", document)
    text = made.run("accord", "show", "{}/terms").stdout

    assert "desk duty desk: panmunjom\n" in text
    assert "two officers of a side for: message, suspend\n" in text
    assert "no working days: 2027-01-01, day 9999999\n" in text
    assert f"witness un  {bytes(32).hex()}\n" in text
    assert "one officer is enough" in made.run("accord", "show", "{}/document").stdout
