"""What the page does with an officer's key, run under Node and compared with this program's own."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from openline.cli.vectors_files import load
from openline.console.accounts.releases import Signer, message
from openline.keys.entropy import SeededEntropy
from openline.keys.keyfile import Cost, plain_key_file, seal_key_file
from openline.keys.public import officer_message, verify
from openline.keys.secret import OfficerKey, PrincipalKey
from openline.wire import bodies, cbor, entry
from openline.wire.errors import Malformed, OurFault
from openline.wire.terms import CheckIn
from tests.vectors.node import NODE, ROOT, VECTORS

STATIC = ROOT / "src/openline/console/static"
CHEAP = Cost(64, 1, 1)
ENTROPY = SeededEntropy(b"officer key")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Asks the page's modules, running under Node."""
    if subprocess.run([NODE, "--version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no Node.js 20 or newer here; `make setup` brings one")
    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(STATIC / "built", folder / "built")
    for name in ("acts.js", "cbor.js", "officer-key.js", "trusted.js"):
        shutil.copy(STATIC / name, folder)
    shutil.copy(Path(__file__).with_name("officer_key.mjs"), folder)
    (folder / "package.json").write_text('{"type": "module"}')
    running = subprocess.Popen(
        [NODE, folder / "officer_key.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert running.stdin is not None
    assert running.stdout is not None

    def ask(do: str, **what: Any) -> Any:
        running.stdin.write(json.dumps({"do": do, **what}) + "\n")
        running.stdin.flush()
        return json.loads(running.stdout.readline())

    yield ask
    running.stdin.close()
    running.wait(10)
    running.stdout.close()


def acts() -> list[bodies.Body]:
    """The body of every entry among the vectors, of a kind that is known, without approvals."""
    found: dict[bytes, bodies.Body] = {}
    for vector in load(VECTORS):
        if vector.kind == "entry" and not vector.reject_as:
            body = entry.decode(vector.octets("entry")).body
            if isinstance(body, bodies.Unknown):
                continue
            bare = replace(body, approvals=()) if getattr(body, "approvals", ()) else body
            found[cbor.encode([bodies.kind_of(bare), bodies.to_plain(bare)])] = bare
    return list(found.values())


def drafted(body: bodies.Body) -> bytes:
    return cbor.encode([bodies.kind_of(body), bodies.to_plain(body)])


def test_the_page_signs_the_bytes_of_the_spec(page):
    """For the body of every entry of the vectors, both sides and numbers of every width: page, console and station
    make the same message (spec 3.6)."""
    numbers = [(0, 1), (1, 23), (23, 24), (24, 255), (254, 65_536), (3, 2**32), (7, 2**53), (7, 2**64 - 1)]
    made = acts()
    assert {bodies.kind_of(body) for body in made} >= {1, 3, 4, 5, 6, 7, 8, 13, 15, 16, 20}

    for at, body in enumerate(made):
        officer, counter = numbers[at % len(numbers)]
        side, accord = at % 2, bytes([at % 256]) * 32
        expected = officer_message(accord, side, body, officer, counter)
        ours = message(Signer(accord, side, officer, "", ""), drafted(body), counter)
        # JSON of the page has no number above 2^53: there the text of it is one too.
        told = counter if counter < 2**53 else str(counter)
        asked = {"accord": accord.hex(), "side": side, "body": drafted(body).hex(), "officer": officer}
        theirs = page("message", **asked, counter=told)

        assert ours == expected
        assert theirs["found"]["message"] == expected.hex()


@pytest.mark.parametrize(
    "body", [b"", b"\x80", b"\x81\x01", b"\x82\x01\xa0\x00", b"\x82\x18\x01\xa0", b"\x83\x01\xa0\x00"]
)
def test_bytes_that_are_no_act_are_signed_by_nobody(page, body):
    """Neither the page nor the console takes what is not one kind and one body."""
    assert page("message", accord="00" * 32, side=0, body=body.hex(), officer=0, counter=1) == {"refused": "TypeError"}
    with pytest.raises(OurFault):
        message(Signer(bytes(32), 0, 0, "", ""), body, 1)


@pytest.mark.parametrize("cost", [CHEAP, Cost(1024, 2, 4)])
@pytest.mark.parametrize("words", ["correct horse", "한글 열쇠", "é"])
def test_the_page_opens_an_officers_key_file(page, cost, words):
    """What this program sealed the page opens, also where a keyboard writes the passphrase in other code points; the
    key then signs as the officer's, cannot be read out, and its seed is wiped."""
    keys = OfficerKey.generate("han", ENTROPY)
    file = seal_key_file(keys.to_bytes(), "officer", words, ENTROPY, cost=cost)
    found = page("open", file=file.hex(), passphrase=unicodedata.normalize("NFD", words))["found"]

    assert (found["name"], found["publicKey"]) == ("han", keys.public.hex())
    assert (found["extractable"], found["wiped"]) == (False, True)
    verify(keys.public, b"a message", bytes.fromhex(found["signature"]))


def test_a_key_file_without_a_passphrase_opens_too(page):
    """As the command line takes it."""
    keys = OfficerKey.generate("한", ENTROPY)

    assert page("open", file=plain_key_file(keys.to_bytes(), "officer").hex(), passphrase="")["found"]["name"] == "한"


def test_the_page_says_why_a_file_is_not_taken(page):
    """Another passphrase, another person's kind of key, one that costs too much, one that is cut."""
    keys = OfficerKey.generate("han", ENTROPY)
    file = seal_key_file(keys.to_bytes(), "officer", "right", ENTROPY, cost=CHEAP)
    principal = PrincipalKey.generate("president", ENTROPY).to_bytes()
    lacking = cbor.encode({1: "han", 2: b"x"})
    costly = cbor.encode([1, "officer", 1024 * 1024, 1, 1, bytes(16), bytes(64)])
    refused = {
        "wrong-passphrase": [(file, "wrong"), (file[:-1] + bytes([file[-1] ^ 1]), "right")],
        "not-an-officer": [(plain_key_file(principal, "principal"), "")],
        "too-costly": [(costly, "x")],
        "not-a-key-file": [
            (b"", ""), (file[:-1], "right"), (file + b"\0", "right"), (b"x" * 5000, ""),
            (plain_key_file(b"rubbish", "officer"), ""), (plain_key_file(lacking, "officer"), ""),
            (cbor.encode([2, "officer", keys.to_bytes()]), ""),
            (cbor.encode([1, "officer", 0, 0, 0, bytes(16), b""]), ""),
        ],
    }  # fmt: skip

    for why, files in refused.items():
        for data, words in files:
            assert page("open", file=data.hex(), passphrase=words) == {"refused": why}, (why, data)


def test_the_page_reads_cbor_as_strictly_as_the_station(page):
    """Vectors of the encoding, and thousands changed at random: both take the same bytes and refuse the same."""
    chance = random.Random(1)
    vectors = [vector.octets("data") for vector in load(VECTORS) if vector.kind == "cbor"]
    assert len(vectors) > 20
    changed = []
    for _ in range(1500):
        data = bytearray(chance.choice(vectors) or b"\0")
        data[chance.randrange(len(data))] = chance.randrange(256)
        changed.append(bytes(data))

    for data in [*vectors, *changed]:
        try:
            cbor.decode(data)
            holds = True
        except Malformed:
            holds = False
        assert ("found" in page("decodes", data=data.hex())) == holds, data.hex()


def test_numbers_are_encoded_as_the_station_encodes_them(page):
    """At every width's first and last."""
    for number in (0, 23, 24, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**53, 2**64 - 1):
        assert page("number", number=str(number)) == {"found": cbor.encode(number).hex()}
    assert page("number", number=str(2**64)) == {"refused": "RangeError"}


def test_the_page_names_every_field_an_officer_can_sign(page):
    """The names are those of the spec: none is missing, none is another's."""
    found = page("kinds")["found"]
    expected = {}
    for number, cls in bodies.KINDS.items():
        if any(name == "approvals" for _, name, _, _ in layout(number)):
            fields = {str(key): name for key, name, _, _ in layout(number) if name != "approvals"}
            expected[str(number)] = [bodies.kind_name(cls), fields]

    assert found == expected


def layout(kind: int) -> list[tuple[int, str, str, bool]]:
    return next(fields for number, _, fields in bodies.layout() if number == kind)


def test_the_page_shows_what_the_bytes_say(page):
    """Text as it stands, words for numbers, moments in UTC, long bytes shortened; nothing is left out."""
    body = bodies.Suspend(scope=((0, 0), (1, 1)), from_s=1_623_800_000, reason="<b>leaflets</b>")

    assert page("read", body=drafted(body).hex())["found"] == {
        "kind": "suspend",
        "rows": [
            ["scope", "line 0 liaison, line 1 safety"],
            ["from_s", "2021-06-15T23:33:20Z"],
            ["reason", "<b>leaflets</b>"],
        ],
    }
    words, lines = {"suspend": "중단", "reason": "사유"}, ["판문점"]
    told = page("read", body=drafted(body).hex(), words=words, lines=lines)["found"]
    assert told["kind"] == "중단"
    assert told["rows"][0] == ["scope", "판문점 (line 0) liaison, line 1 safety"]
    assert told["rows"][2] == ["사유", "<b>leaflets</b>"]
    words = {"liaison": "연락 통로", "safety": "안전 통로", "line #": "회선", "calls": ["", "거는 측: 남"]}
    told = page("read", body=drafted(body).hex(), words=words, lines=lines)["found"]
    assert told["rows"][0] == ["scope", "판문점 (회선 0) 연락 통로, 회선 1 안전 통로"]
    scheduled = bodies.Amend(line=0, effective_s=1, check_ins=(CheckIn(34_200, 1, 0, "Asia/Seoul"),), pulse_s=90)
    rows = dict(page("read", body=drafted(scheduled).hex())["found"]["rows"])
    assert rows["check_ins"] == "09:30:00 Asia/Seoul, working days, side 1 calls"
    assert "90 s" in rows["pulse_s"]
    for each in acts():
        plain = bodies.to_plain(each)
        rows = page("read", body=drafted(each).hex())["found"]["rows"]
        assert len(rows) == (len(plain) if isinstance(plain, dict) else 0)
