"""`openline init`: what is wrong is told before anything is signed or overwritten, and a pair is a pair."""

from __future__ import annotations

import json
import shutil
import ssl
import stat
from functools import partial
from pathlib import Path

import pytest

from openline.carriers.live_tls import client_context, server_context
from openline.cli import founding, keys, standing
from openline.keys import cards, tls
from openline.keys.cards import Card, Half, Sheet
from openline.keys.keyfile import open_plain_key_file, seal_key_file
from openline.station.files import open_files
from openline.wire import accord as accords
from openline.wire.errors import StorageFault
from tests.unit.cli.kit import CHEAP, Kit

TERMS = """[accord]
name = "trial"
founded = 2026-10-17T00:00:00
zone = "Asia/Seoul"
sides = ["north", "south"]
two_person = ["suspend", "accept"]

[[carrier]]
id = "fibre"
kind = "live"

[[carrier]]
id = "un"
kind = "relay"

[[line]]
id = "hotline"
carriers = ["fibre", "un"]
check_ins = [{ at = "09:00", caller = "south", days = "working" }]

[[line]]
id = "military"
carriers = ["fibre"]
"""


def make_keys(at: Kit, side: str, *more: str) -> None:
    who = ["--side", side, "--zone", "Asia/Seoul", "--officer", "one", "--officer", "two", "--principal", "p/q"]
    result = at.run("init", "keys", f"{{}}/{side}", *who, "--no-passphrase", *more)
    assert result.exit_code == 0, result.output


def draft(at: Kit, *more: str, terms: str = "terms.toml", out: str = "table") -> list[str]:
    files = [f"{{}}/{side}/{side}.{kind}" for side in ("south", "north") for kind in ("card", "half")]
    return ["init", "draft", f"{{}}/{terms}", *files, "--out", f"{{}}/{out}", *more]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Both sides' keys, the document, both signatures and the accord."""
    at = Kit(tmp_path_factory.mktemp("table"))
    at.put("terms.toml", TERMS.encode())
    make_keys(at, "north", "--post", "desk:*")
    make_keys(at, "south", "--post", "west desk: military,hotline", "--language", "ko")
    for words in (
        draft(at),
        ["init", "sign", "{}/table/document", "--keys", "{}/north", "--out", "{}/north.signed"],
        ["init", "sign", "{}/table/document", "--keys", "{}/south", "--out", "{}/south.signed"],
        ["init", "join", "{}/table/document", "{}/south.signed", "{}/north.signed", "--out", "{}/accord"],
    ):
        result = at.run(*words)
        assert result.exit_code == 0, result.output
    return at.at


@pytest.fixture
def at(made, tmp_path) -> Kit:
    shutil.copytree(made, tmp_path / "copy")
    return Kit(tmp_path / "copy")


def refused(at: Kit, *words: str, code: int = 2) -> str:
    """What a verb that must fail says."""
    result = at.run(*words)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


def test_the_accord_says_what_cards_and_terms_say(at):
    """Names, zones, posts by the lines' numbers, two-person kinds by theirs, check-ins in the terms' zone."""
    agreed = accords.decode_signed((at.at / "accord").read_bytes()).accord

    assert [side.name for side in agreed.sides] == ["north", "south"]
    assert agreed.founded_s == 1_792_162_800
    assert [post.lines for side in agreed.sides for post in side.posts] == [(0, 1), (0, 1)]
    assert agreed.sides[1].posts[0].name == "west desk"
    assert agreed.sides[1].language == "ko"
    assert agreed.two_person == (3, 5)
    assert agreed.lines[0].check_ins[0].zone == "Asia/Seoul"
    assert agreed.sides[0].principals[0].name == "p/q"


def test_the_order_of_the_files_makes_no_difference(at):
    """Whoever gives their own files first builds the same document and secret."""
    words = draft(at, out="again")
    files = words[3:7]
    assert at.run(*words[:3], *reversed(files), *words[7:]).exit_code == 0

    for name in ("document", "table.secret"):
        assert (at.at / "again" / name).read_bytes() == (at.at / "table" / name).read_bytes()


def test_draft_tells_programs_the_digits(at):
    """--json has the digits that `openline accord digits` reads from the document."""
    facts = at.facts(*draft(at, out="again"))

    assert facts["digits"] == at.facts("accord", "digits", "{}/table/document")["digits"]


def test_files_say_what_they_are(at):
    """A card, a half and signatures are told by their content, and are read back as they were written."""
    for name, kind in (("north/north.card", Card), ("south/south.half", Half), ("south.signed", Sheet)):
        data = (at.at / name).read_bytes()
        read = cards.decode(data)
        assert isinstance(read, kind)
        assert cards.encode(read) == data


def test_secrets_are_their_owners_alone(at):
    """Keys, halves, the secret of both and the TLS key are 0600, in folders that are 0700."""
    assert at.run(*station_words("south")).exit_code == 0
    for folder in ("north", "south", "table", "station"):
        assert stat.S_IMODE((at.at / folder).stat().st_mode) == 0o700
    secrets = [x for x in at.at.rglob("*") if x.suffix in (".key", ".keys", ".half", ".secret", ".tls")]
    assert len(secrets) == 18
    assert {stat.S_IMODE(x.stat().st_mode) for x in secrets} == {0o600}


@pytest.mark.parametrize("writes", [1, 4])
def test_a_disk_that_fills_leaves_no_half_of_a_folder(at, monkeypatch, writes):
    """Keys, or a station, of which some files could not be written: none stays, and the same words do it again."""
    keys_again = ["init", "keys", "{}/more", "--side", "x", "--zone", "UTC", "--officer", "one", "--no-passphrase"]
    for words, module in ((keys_again, founding), (station_words("south"), standing)):
        left, whole = [writes], module.write_new

        def write_new(path, data, *, secret, left=left, whole=whole):
            if not left[0]:
                raise StorageFault(f"{path}: cannot be written: No space left on device")
            left[0] -= 1
            whole(path, data, secret=secret)

        with monkeypatch.context() as patched:
            patched.setattr(module, "write_new", write_new)
            assert "No space left" in refused(at, *words, code=1)
        assert at.run(*words).exit_code == 0


def station_words(side: str, *more: str) -> list[str]:
    return [
        "init", "station", "{}/station", "--accord", "{}/accord", "--secret", "{}/table/table.secret",
        "--keys", f"{{}}/{side}", *more,
    ]  # fmt: skip


def test_a_station_says_which_carriers_have_no_way_yet(at):
    """What was not given stands in the file as a comment, and the technician is told."""
    result = at.run(*station_words("south", "--listen", "fibre=127.0.0.1:7443", "--connect", "fibre=n.example:7443"))
    assert result.exit_code == 0, result.output
    text = (at.at / "station/station.toml").read_text()
    opened = open_files(at.at / "station/station.toml", lambda _: "")

    assert "  un: say in " in result.output
    assert '# id = "un"' in text
    assert [(x.id, x.listen, x.connect) for x in opened.config.carrier] == [
        ("fibre", "127.0.0.1:7443", ("n.example:7443",))
    ]
    checked = at.facts("config", "check", "{}/station/station.toml")
    assert checked["unused"] == ["un"]


@pytest.mark.parametrize(
    ("option", "value", "what"),
    [
        ("--listen", "fiber=127.0.0.1:1", 'no live carrier of the accord'),
        ("--listen", "un=127.0.0.1:1", 'no live carrier of the accord'),
        ("--server", "fibre=tls://r:4222", 'no relay carrier of the accord'),
        ("--listen", "fibre", "has no host and port"),
        ("--connect", "fibre=north.example", "has no host and port"),
        ("--server", "un=relay:4222", "is not allowed"),
    ],
)
def test_a_wrong_way_is_refused_before_anything_is_written(at, option, value, what):
    """An unknown carrier, one of another kind, an address without a port."""
    assert what in refused(at, *station_words("south", option, value))
    assert not (at.at / "station/station.toml").exists()


def test_a_station_needs_the_secret_of_its_accord(at):
    """Another table's secret is found before a station starts with it."""
    (at.at / "table/table.secret").write_bytes(bytes(32))

    assert "not the secret" in refused(at, *station_words("south"))


def test_nothing_is_overwritten(at):
    """A folder with something in it and a file that is there are refused."""
    assert "is not empty" in refused(at, *draft(at))
    assert "is there already" in refused(
        at, "init", "sign", "{}/table/document", "--keys", "{}/north", "--out", "{}/north.signed"
    )
    assert "is not empty" in refused(
        at, "init", "keys", "{}/north", "--side", "n", "--zone", "UTC", "--officer", "o", "--no-passphrase"
    )


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (["--zone", "Asia/Soul"], "is no time zone"),
        (["--officer", "one"], "two officers of one name"),
        (["--officer", "a\nb"], "printable"),
        (["--post", "desk"], "is no post"),
        (["--post", "desk:"], "is no post"),
        (["--side", "x" * 65], "is not 1 to 64 bytes"),
    ],
)
def test_wrong_answers_make_no_keys(tmp_path, more, what):
    """Each is told before a key is made."""
    words = ["init", "keys", "{}/new", "--side", "s", "--zone", "UTC", "--officer", "one", "--no-passphrase"]

    assert what in refused(Kit(tmp_path), *words, *more)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ('zone = "Asia/Seoul"\n', "", 1, "key zone: is missing"),
        ('["north"', '["west"', None, "the cards are of north and south"),
        ('"suspend"', '"message", "cut"', 6, '"cut" is not allowed; allowed there: suspend'),
        ('carriers = ["fibre"]', 'carriers = ["fiber"]', 23, "allowed there: fibre, un"),
        ("[accord]", "[[witness]]\nname = 'w'\nkey = 'ab'\n[accord]", 3, "64 hexadecimal digits"),
        ("[accord]", "[accord", 1, "not readable as TOML"),
        ('id = "military"', 'id = "military east"', None, "answers line military, which the terms lack"),
    ],
)
def test_wrong_terms_are_told_with_their_line(at, old, new, line, what):
    """Nothing is built from terms that are wrong, or that do not fit the cards."""
    at.put("wrong.toml", TERMS.replace(old, new, 1).encode())
    told = refused(at, *draft(at, terms="wrong.toml", out="other"))

    assert what in told
    assert line is None or f"wrong.toml, line {line}: " in told
    assert not (at.at / "other").exists()


def test_two_officers_are_needed_where_the_terms_ask_two(at):
    """A side with one officer could never do what needs two: told at the table, not on the day."""
    words = ["init", "keys", "{}/alone", "--side", "south", "--zone", "UTC", "--officer", "one", "--no-passphrase"]
    assert at.run(*words).exit_code == 0
    files = [f"{{}}/{x}" for x in ("north/north.card", "north/north.half", "alone/south.card", "alone/south.half")]

    told = refused(at, "init", "draft", "{}/terms.toml", *files, "--out", "{}/other")
    assert "south has one" in told


def test_draft_needs_both_sides_files(at):
    """A half forgotten, or one side's card twice, is told as such."""
    words = draft(at, out="other")
    assert "halves of the secret: 2 are needed, 1 given" in refused(at, *words[:6], *words[7:])
    assert "the cards are of north" in refused(
        at, "init", "draft", "{}/terms.toml", *["{}/north/north.card"] * 2, *words[4:7:2], "--out", "{}/other"
    )


def test_a_damaged_card_is_the_other_sides_to_mend(at):
    """Its bytes are no card: exit code 5, and the file is named."""
    data = bytearray((at.at / "north/north.card").read_bytes())
    data[len(data) // 2 :] = b""
    at.put("north/north.card", bytes(data))

    assert "north.card" in refused(at, *draft(at, out="other"), code=5)


def test_signing_needs_every_key_of_the_card(at):
    """An officer whose key file is not there, or a folder of another side's keys, signs nothing."""
    (at.at / "south/officer-2-two.key").unlink()
    words = ["init", "sign", "{}/table/document", "--keys", "{}/south", "--out", "{}/new.signed"]
    assert "lacks the key of officer two" in refused(at, *words)

    make_keys(at, "strangers")
    assert "of neither side" in refused(
        at, "init", "sign", "{}/table/document", "--keys", "{}/strangers", "--out", "{}/new.signed"
    )
    assert not (at.at / "new.signed").exists()


def test_join_refuses_what_was_signed_over_another_document(at):
    """Another document's signatures, one side's twice, and altered ones."""
    at.put("other.toml", TERMS.replace("trial", "other").encode())
    assert at.run(*draft(at, terms="other.toml", out="other")).exit_code == 0
    join = ["init", "join", "{}/other/document", "{}/north.signed", "{}/south.signed", "--out", "{}/new"]
    assert "signed another document" in refused(at, *join)
    assert "no signatures of south" in refused(
        at, "init", "join", "{}/table/document", *["{}/north.signed"] * 2, "--out", "{}/new"
    )
    sheet = cards.decode((at.at / "south.signed").read_bytes())
    assert isinstance(sheet, Sheet)
    forged = cards.decode((at.at / "north.signed").read_bytes())
    at.put("forged.signed", cards.encode(sheet._replace(signatures=forged.signatures)))
    refused(at, "init", "join", "{}/table/document", "{}/north.signed", "{}/forged.signed", "--out", "{}/new", code=5)
    assert not (at.at / "new").exists()


def test_a_new_certificate_is_of_the_same_root(at):
    """`init tls` makes another certificate that the accord's root vouches for; another key file cannot."""
    agreed = accords.decode_signed((at.at / "accord").read_bytes()).accord
    assert at.run("init", "tls", "{}/south/root.keys", "--out", "{}/new.tls").exit_code == 0
    tls.check((at.at / "new.tls").read_bytes(), agreed.sides[1].root_ed25519)

    assert "not the root's" in refused(at, "init", "tls", "{}/south/station.keys", "--out", "{}/x.tls")


def test_key_files_with_passphrases_are_opened_by_them(at, monkeypatch):
    """One passphrase opens the folder; a file that its person took over is asked for by its own."""
    for module in (founding, keys):
        monkeypatch.setattr(module, "seal_key_file", partial(seal_key_file, cost=CHEAP))
    words = ["init", "keys", "{}/sealed", "--side", "south", "--zone", "UTC", "--officer", "one", "--officer", "two"]
    assert at.run(*words, given="first\nfirst\n").exit_code == 0
    assert all(open_plain_key_file(x.read_bytes()) is None for x in (at.at / "sealed").glob("*.key*"))
    protect = ["key", "protect", "{}/sealed/officer-1-one.key", "--out", "{}/own.key"]
    assert at.run(*protect, given="first\nown words\nown words\n").exit_code == 0
    shutil.move(at.at / "own.key", at.at / "sealed/officer-1-one.key")
    shutil.rmtree(at.at / "south")
    shutil.move(at.at / "sealed", at.at / "south")
    assert at.run(*draft(at, out="again")).exit_code == 0

    sign = ["init", "sign", "{}/again/document", "--keys", "{}/south", "--out", "{}/new.signed"]
    at.put("words", b"first\n")
    assert "officer-1-one.key: the passphrase" in refused(at, *sign, "--passphrase-file", "{}/words")
    result = at.run(*sign, given="first\nown words\n")
    assert result.exit_code == 0, result.output


def test_a_pair_is_two_stations_that_let_each_other_in(tmp_path):
    """Both start from their folders, hold one accord, call each other's address and verify each other's certificate."""
    at = Kit(tmp_path)
    facts = at.facts("init", "pair", "{}/pair", "--zone", "Asia/Seoul")
    paths = [Path(one["config"]) for one in facts["stations"]]
    north, south = (open_files(path, lambda _: "") for path in paths)

    assert paths == [tmp_path / "pair/north/station.toml", tmp_path / "pair/south/station.toml"]
    assert north.signed == south.signed
    assert north.psk == south.psk
    for one, other in ((north, south), (south, north)):
        [fibre], [far] = one.config.carrier, other.config.carrier
        assert fibre.connect == (far.listen,)
        assert one.config.metrics.listen not in (None, other.config.metrics.listen, fibre.listen)
        anchor = tls.anchor(other.signed.accord.sides[other.us].root_ed25519)
        assert one.config.station.tls is not None
        assert isinstance(server_context(one.config.station.tls, anchor), ssl.SSLContext)
        assert isinstance(client_context(one.config.station.tls, anchor), ssl.SSLContext)
    assert len(north.signed.accord.lines[0].check_ins) == 2
    for path in paths:
        assert json.loads(at.run("config", "check", str(path), "--json").stdout)["unused"] == []


def test_a_pair_prints_how_to_start_it(tmp_path):
    """The two commands, ready to be copied."""
    result = Kit(tmp_path).run("init", "pair", "{}/pair")

    assert [x.strip() for x in result.stdout.splitlines()[1:]] == [
        f"openline up {tmp_path}/pair/{side}/station.toml" for side in ("north", "south")
    ]


def test_a_file_in_the_place_of_another_is_told_with_the_one_that_is_wanted(at):
    """A card where the document belongs, files of signatures first, a document that nobody has signed: what to give."""
    wrong = at.run("init", "sign", "{}/south/south.card", "--keys", "{}/south", "--out", "{}/no.signed")
    assert wrong.exit_code != 0
    assert "openline init draft made" in wrong.stderr
    table = ["--accord", "{}/table/document", "--secret", "{}/table/table.secret", "--keys", "{}/south"]
    unsigned = at.run("init", "station", "{}/no", *table)
    assert unsigned.exit_code != 0
    assert "openline init join made" in unsigned.stderr
