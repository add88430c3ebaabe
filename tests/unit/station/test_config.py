"""A station's configuration: what a right file gives; a wrong one is told with its line and what is allowed there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from openline.station import config
from openline.station.config import load, read
from openline.station.config_reading import Address
from openline.wire.errors import Misuse
from tests.accord_maker import made
from tools import station_page

ROOT = Path(__file__).parents[3]
FOLDER = Path("/srv/south")
ACCORD = made().signed.accord
LEAST = """[station]
side = "south"
accord = "accord"
keys = "station.keys"
secret = "table.secret"
store = "record.sqlite"
tls = "station.tls"
[api]
socket = "station.sock"
"""
COPPER = '[[carrier]]\nid = "copper"\nlisten = "0.0.0.0:7443"\n'
WHOLE = next(
    block for block in re.findall(r"```toml\n(.*?)```", (ROOT / "docs/station.md").read_text(), re.DOTALL)
)


def mistakes(text: str, *, agreed: bool = False) -> list[str]:
    with pytest.raises(Misuse) as caught:
        read(text, "station.toml", FOLDER, ACCORD if agreed else None)
    assert caught.value.next_step
    return caught.value.what.split("\n")


def test_the_least_file_gives_the_defaults():
    """What is left out is as the page says, and paths start from the file's folder."""
    got = read(LEAST, "station.toml", FOLDER)

    assert got.station.keys == FOLDER / "station.keys"
    assert got.station.store == str(FOLDER / "record.sqlite")
    assert got.station.passphrase_file is None
    assert got.metrics.listen is None
    assert (got.log.level, got.log.format, got.log.file) == ("info", "json", None)
    assert (got.probes.targets, got.carrier) == ((), ())
    assert (got.alarm.again_s, got.alarm.mail, got.alarm.command) == (900, None, ())
    assert (got.drill.retry_after_s, got.drill.retries) == (300, 2)


def test_the_whole_file_of_the_page_is_read():
    """The example of docs/station.md has every table and loads."""
    got = read(WHOLE, "station.toml", FOLDER)
    fibre, un = got.carrier

    assert (fibre.listen, fibre.connect) == ("0.0.0.0:7443", ("north.example:7443",))
    assert fibre.connect[0].host == "north.example"
    assert fibre.connect[0].port == 7443
    assert (un.servers, un.password_file) == (("tls://relay.example:4222",), FOLDER / "relay.password")
    assert got.alarm.mail is not None
    assert (got.alarm.mail.sender, got.alarm.mail.to) == ("station@example", ("duty@example",))
    assert {table for table in station_page.TABLES if "." not in table} <= set(re.findall(r"\w+", WHOLE))


def test_absolute_paths_and_databases_stay_as_they_are():
    """A path from / and a PostgreSQL address are not joined to the folder."""
    got = read(
        LEAST.replace('"accord"', '"/etc/accord"').replace("record.sqlite", "postgresql://u@h/d"), "x.toml", FOLDER
    )

    assert got.station.accord == Path("/etc/accord")
    assert got.station.store == "postgresql://u@h/d"


def test_load_starts_paths_from_the_files_own_folder(tmp_path, monkeypatch):
    """A relative name on the command line makes no relative path inside."""
    (tmp_path / "station.toml").write_text(LEAST + COPPER)
    monkeypatch.chdir(tmp_path)

    assert load(Path("station.toml"), ACCORD).station.secret == tmp_path / "table.secret"


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("192.0.2.1:1", "192.0.2.1", 1), ("[2001:db8::1]:65535", "2001:db8::1", 65535), ("a-b.test:5", "a-b.test", 5)],
)
def test_an_address_has_a_host_and_a_port(text, host, port):
    """Brackets belong to the address, not to the host."""
    address = Address(text)

    assert (str(address), address.host, address.port) == (text, host, port)


@pytest.mark.parametrize(
    "text",
    ["", "host", "host:", ":80", "h:0", "h:65536", "h:８０", "2001:db8::1:80", "[x:80", "a b:80", "u@h:80", "h/x:80"],
)
def test_what_is_no_address_is_refused(text):
    """A host without a port, a port without a host, a bare IPv6 address, a URL."""
    with pytest.raises(ValueError, match="has no"):
        Address(text)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (LEAST.replace("accord =", "acord ="), 3, 'key acord: is unknown (did you mean "accord"?)'),
        (LEAST.replace('side = "south"\n', ""), 1, "[station], key side: is missing"),
        (LEAST.replace('"south"', "7"), 2, "[station], key side: 7 is not allowed; allowed there: text"),
        (LEAST.replace('"south"', '""'), 2, 'key side: "" is not allowed'),
        (LEAST.replace('[api]\nsocket = "station.sock"\n', ""), 1, "the file, key api: is missing"),
        (LEAST + "[apy]\nx = 1\n", 10, 'the file, key apy: is unknown (did you mean "api"?)'),
        ("station = 3\n[api]\nsocket = 's'\n", 1, "the file, key station: 3 is not a table"),
        (LEAST + 'listen = "192.0.2.1:80"\ntoken_file = "t"\n', 10, 'key listen: "192.0.2.1:80" is not a loopback'),
        (LEAST + 'listen = "127.0.0.1:80"\n', 8, "[api], key token_file: is missing beside listen"),
        (LEAST + 'listen = "127.0.0.1"\n', 10, 'key listen: "127.0.0.1" is not allowed'),
        (LEAST + '[log]\nlevel = "loud"\n', 11, 'allowed there: "debug", "info", "warning", "error"'),
        (LEAST + '[probes]\ntargets = ["a:1", "b"]\n', 11, '[probes], key targets, item 2: "b" is not allowed'),
        (LEAST + "[probes]\ntargets = 3\n", 11, "an array, each item a host and a port"),
        (LEAST + COPPER + "rate_bytes_s = -1\n", 13, "key rate_bytes_s: -1 is not allowed; allowed there: a"),
        (LEAST + COPPER + "rate_bytes_s = true\n", 13, "key rate_bytes_s: true is not allowed"),
        (LEAST + COPPER + COPPER, 14, '[[carrier]] 2, key id: "copper" is there twice'),
        (LEAST + '[[carrier]]\nid = "copper"\n', 10, "[[carrier]] 1: says no way; allowed there: listen or connect"),
        (LEAST + COPPER + 'servers = ["tls://r:4222"]\n', 13, "key servers: is there beside listen"),
        (LEAST + '[[carrier]]\nid = "r"\nservers = ["r:4222"]\n', 12, 'item 1: "r:4222" is not allowed'),
        (LEAST + '[[carrier]]\nid = "r"\nuser = "u"\npassword_file = "p"\n', 10, "key servers: is missing"),
        (LEAST + '[[carrier]]\nid = "r"\nservers = ["tls://r"]\nuser = "u"\n', 10, "key password_file: is missing"),
        (
            LEAST + '[[carrier]]\nid = "r"\nservers = ["tls://r"]\ntoken_file = "t"\ncredentials = "c"\n',
            14,
            "key credentials: is there beside token_file",
        ),
        (LEAST.replace('tls = "station.tls"\n', "") + COPPER, 1, "[station], key tls: is missing beside a live"),
        (LEAST + '[alarm]\nwebhook = ["ftp://x"]\n', 11, 'key webhook, item 1: "ftp://x" is not allowed'),
        (LEAST + "[alarm]\nagain_s = 1\n", 11, "allowed there: a whole number from 10 to 86400"),
        (LEAST + '[alarm]\nmail = { server = "s", from = "f", to = [] }\n', 11, "key mail.to: has too few items"),
        (
            LEAST + '[alarm.mail]\nserver = "s"\nfrom = "f"\nto = ["t"]\nuser = "u"\n',
            10,
            "[alarm], key mail.password_file: is missing",
        ),
        (LEAST + '[alarm.mail]\nserver = "s"\nto = ["t"]\n', 10, "[alarm], key mail.from: is missing"),
        (LEAST + "[drill]\nretries = 21\n", 11, "allowed there: a whole number from 0 to 20"),
        (LEAST + "[drill\n", 10, "not readable as TOML"),
        ("\ufeff" + LEAST, 1, "save the file as UTF-8 without one"),
    ],
)
def test_a_mistake_says_where_it_is_and_what_is_allowed(text, line, what):
    """File, line, table, key, what was found, what may stand there: each kind of mistake, alone in its file."""
    [told] = mistakes(text)

    assert told.startswith(f"station.toml, line {line}: ")
    assert what in told
    assert "; allowed there: " in told


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (LEAST.replace('"south"', '"west"'), 2, '"west" is no side of the accord; allowed there: north or south'),
        (LEAST + COPPER.replace("copper", "cooper"), 11, '"cooper" is no carrier of the accord; allowed there: cop'),
        (LEAST + COPPER.replace("copper", "satellite"), 12, 'key listen: is not for "satellite", which is a relay'),
        (LEAST + '[[carrier]]\nid = "copper"\nservers = ["tls://r"]\n', 12, 'servers: is not for "copper", which'),
        (LEAST + COPPER.replace("copper", "stick"), 11, '"stick" is a courier, which needs no table'),
    ],
)
def test_the_file_is_held_against_the_accord(text, line, what):
    """With the accord at hand, its sides, carriers and their kinds are what is allowed; without it, the file stands."""
    read(text, "station.toml", FOLDER)
    [told] = mistakes(text, agreed=True)

    assert told.startswith(f"station.toml, line {line}: ")
    assert what in told


def test_all_mistakes_are_told_together_in_the_order_of_the_file():
    """Who corrects one line need not start again to hear of the next."""
    text = LEAST.replace("keys =", "kees =").replace('"south"', "1") + "[log]\nlevel = 3\n"
    lines = [int(re.search(r"line (\d+)", told)[1]) for told in mistakes(text)]

    assert lines == [2, 4, 11]


def test_a_flood_of_mistakes_is_cut():
    """A file of another kind is not answered by a page for each of its lines."""
    told = mistakes(LEAST + "".join(f"x{number} = 1\n" for number in range(100)))

    assert len(told) == 21
    assert told[-1] == "and 80 more"


@pytest.mark.parametrize("data", [b"\xff", None])
def test_a_file_that_cannot_be_read_is_misuse(tmp_path, data):
    """No file, or no text, is told as such."""
    if data is not None:
        (tmp_path / "station.toml").write_bytes(data)
    with pytest.raises(Misuse):
        load(tmp_path / "station.toml")


def test_what_a_file_holds_moves_no_cursor():
    """A key or value with control characters is repeated without them."""
    [told] = mistakes(LEAST + '"a\\u001b[2J" = 1\n')

    assert "\x1b" not in told


def test_the_schema_in_docs_is_that_of_the_code():
    """`python tools/station_page.py` would change nothing in docs/station.schema.json."""
    assert (ROOT / "docs/station.schema.json").read_text() == station_page.schema()
    assert json.loads(station_page.schema())["$defs"]["Config"]["required"] == ["station", "api"]


def test_the_page_in_docs_is_that_of_the_code():
    """`python tools/station_page.py` would change nothing in docs/station.md, and it has a table for every table."""
    text = station_page.PAGE.read_text()

    assert station_page.page(text) == text
    assert [found[1] for found in station_page.BLOCK.findall(text)] == list(station_page.TABLES)


def test_every_key_says_what_it_is_for():
    """No key stands in the page without a meaning and what is allowed."""
    keys = [key for table in station_page.TABLES.values() for key in station_page.keys(table)]

    assert [key for key in keys if not key.meaning or not key.allowed] == []
    assert len(keys) >= 40


def test_the_defaults_are_the_types_own():
    """A Config made in code has the same defaults as one read from a file."""
    got = read(LEAST, "station.toml", FOLDER)

    assert got == config.Config(station=got.station, api=got.api)
