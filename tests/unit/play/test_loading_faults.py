"""Wrong scenario files outside their steps: every fault names its key and the right line, and says what is allowed."""

from __future__ import annotations

import pytest

from openline.play.loading import load
from openline.wire import limits
from openline.wire.errors import Misuse
from tests.unit.play.scenario_texts import HEAD, check, fault_of

# --- the head ---


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("[scenario]", "colour = 1 #!\n[scenario]", "colour", "is unknown; allowed there: scenario, carrier, line"),
        ('title = "Two sides"', "title = 5 #!", "title", "5 is not allowed"),
        ('title = "Two sides"', "colour = 5 #!", "colour", "is unknown; allowed there: title, start, zone, sides"),
        ('[scenario]\ntitle = "Two sides"', "[scenario] #!", "title", "is missing"),
        ("start = 2020-06-08T08:00:00+09:00", "start = 2020-06-08 #!", "start", "2020-06-08 is not allowed"),
        ("start = 2020-06-08T08:00:00+09:00", 'start = "2020-06-08T08:00:00+09:00" #!', "start", "a time such as"),
        ("start = 2020-06-08T08:00:00+09:00", "start = 1969-12-31T23:59:59Z #!", "start", "is not from 1970"),
        ('zone = "Asia/Seoul"', 'zone = "Asia/Sol" #!', "zone", '"Asia/Sol" is not allowed; allowed there: an IANA'),
        ('zone = "Asia/Seoul"', 'zone = "Asia" #!', "zone", "an IANA zone"),
        ('zone = "Asia/Seoul"', 'zone = "../etc/passwd" #!', "zone", "an IANA zone"),
        ('zone = "Asia/Seoul"', 'zone = "/etc/localtime" #!', "zone", "an IANA zone"),
        ('zone = "Asia/Seoul"', "zone = 9 #!", "zone", "a name of 1 to 64 bytes"),
        ('sides = ["north", "south"]', 'sides = ["north"] #!', "sides", "two different names"),
        ('sides = ["north", "south"]', 'sides = ["north", "north"] #!', "sides", '"north", "north" is not allowed'),
        ('sides = ["north", "south"]', 'sides = ["north", "both"] #!', "sides", 'neither of them "both"'),
        ('sides = ["north", "south"]', 'sides = ["a", "b", "c"] #!', "sides", "two different names"),
        ('sides = ["north", "south"]', "sides = [] #!", "sides", "nothing is not allowed"),
        ('sides = ["north", "south"]', 'sides = "north" #!', "sides", "two different names"),
        ('sides = ["north", "south"]', 'sides = [\n"north",\n5, #!\n]', "sides", "5 is not allowed"),
        ('sides = ["north", "south"]', 'sides = [\n"north",\n"", #!\n]', "sides", "a name of 1 to 64 bytes"),
        ('sides = ["north", "south"]', 'sides = [\n"north",\n"a\\nb", #!\n]', "sides", "printable"),
        ("principals = {", "principals = [] #!\n#{", "principals", "is not a table"),
        ("principals = {", 'principals = { east = ["a"] } #!\n#{', "principals.east", "is unknown; allowed there: opt"),
        ("principals = {", 'principals = { north = "a" } #!\n#{', "principals.north", "an array of up to 255"),
        ("principals = {", 'principals = { north = ["a", "a"] } #!\n#{', "principals.north", "is there twice"),
        ("principals = {", "principals = { north = [1] } #!\n#{", "principals.north", "1 is not allowed"),
    ],
)
def test_a_wrong_scenario_table_is_refused(old, new, key, words):
    """Each rule of `[scenario]` that a file breaks is named with its key and line, outside all steps."""
    assert HEAD.count(old) == 1
    check(HEAD.replace(old, new), None, key, words)


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ('id = "copper"\nkind', 'id = ""  #!\nkind', "id", "[[carrier]] 1, key id"),
        ('id = "satellite"\nkind', 'id = "copper" #!\nkind', "id", '[[carrier]] 2, key id: "copper" is there twice'),
        ('kind = "relay"', 'kind = "pigeon" #!', "kind", "allowed there: live, relay, courier"),
        ('kind = "relay"', 'kind = "LIVE" #!', "kind", "allowed there: live, relay, courier"),
        ("latency_ms = 20", "latency_ms = true #!", "latency_ms", "true is not allowed; allowed there: a whole number"),
        ("latency_ms = 20", "latency_ms = 20.0 #!", "latency_ms", "20.0 is not allowed"),
        ("latency_ms = 20", "latency_ms = -1 #!", "latency_ms", "from 0 to 10000000"),
        ("latency_ms = 20", "speed = 1 #!", "speed", "is unknown; allowed there: id, kind; optional latency_ms"),
        ('kind = "courier"', 'kind = "courier"\nlatency_ms = 0 #!', "latency_ms", "is not for a courier"),
        ('[[carrier]]\nid = "copper"', "[[carrier]] #!", "id", "is missing"),
        ('[[line]]\nid = "west"', "[[line]] #!", "id", "[[line]] 2, key id: is missing"),
        ('id = "west"', 'id = "panmunjom" #!', "id", "is there twice"),
        ('id = "west"', 'id = "*" #!', "id", "means all lines"),
        ('["satellite", "copper"]', '["satellite", "iron"] #!', "carriers", "allowed there: copper, satellite, bag"),
        ('["satellite", "copper"]', '[\n"copper",\n"copper" #!\n]', "carriers", '"copper" is there twice'),
        ('["satellite", "copper"]', "[] #!", "carriers", "names no carrier"),
        ('["satellite", "copper"]', '"copper" #!', "carriers", "an array of at least one of copper"),
        ('[[line]]\nid = "west"\ncarriers', '[[line]] #!\nid = "west"\n#', "carriers", "key carriers: is missing"),
        ('{ at = "09:00"', '{ at = "9:00"', "check_ins.at", '"9:00" is not allowed; allowed there: a time of day'),
        ('{ at = "09:00"', '{ at = "24:00"', "check_ins.at", "a time of day"),
        ('{ at = "09:00"', '{ at = "09:00:60"', "check_ins.at", "a time of day"),
        ('{ at = "09:00"', "{ at = 09:00:00.5", "check_ins.at", "a time of day"),
        ('{ at = "09:00"', "{ at = 900", "check_ins.at", "a time of day"),
        ('{ at = "09:00"', "{ lane = 900", "check_ins.lane", "allowed there: at, caller, days; optional zone"),
        ('{ at = "09:00", ', "{ ", "check_ins.at", "is missing"),
        ('caller = "south", ', 'caller = "east", ', "check_ins.caller", "allowed there: north, south"),
        ('days = "working"', 'days = "weekly"', "check_ins.days", "allowed there: working, daily"),
        (', days = "working"', "", "check_ins.days", "is missing"),
        ('days = "working"', 'days = "working", zone = "Mars/One"', "check_ins.zone", "an IANA zone"),
        ("[2020-10-01, 2020-05-05, 2020-10-01]", '["2020-10-01"] #!', "holidays", "a date such as"),
        ("[2020-10-01, 2020-05-05, 2020-10-01]", "[\n2020-10-01,\n1969-12-31, #!\n]", "holidays", "a date such as"),
        ("[2020-10-01, 2020-05-05, 2020-10-01]", "[2020-10-01T00:00:00Z] #!", "holidays", "a date such as"),
        ("[2020-10-01, 2020-05-05, 2020-10-01]", "2020-10-01 #!", "holidays", "an array of up to 1000 dates"),
        ("expires = 2021-01-01T00:00:00Z", "expires = 2021-01-01 #!", "expires", "a time such as"),
        ("pulse_s = 30", "pulse_s = 0 #!", "pulse_s", "a whole number from 1 to 86400"),
        ("pulse_s = 30", "pulse_s = false #!", "pulse_s", "false is not allowed"),
    ],
)
def test_a_wrong_carrier_or_line_is_refused(old, new, key, words):
    """Each rule of `[[carrier]]`, `[[line]]` and check-ins that a file breaks is named with its key and line."""
    assert HEAD.count(old) == 1
    text = HEAD.replace(old, new)
    if "check_ins." in key:  # an inline table holds no comment: the mark stands behind it
        text = text.replace(" },\n  { at = 17:00:30", " }, #!\n  { at = 17:00:30")
    check(text, None, key, words)


@pytest.mark.parametrize(
    ("text", "key"), [("", "scenario"), ("scenario = {}", "carrier"), ("carrier = []\nscenario = {}", "line")]
)
def test_a_file_without_one_of_its_tables_is_refused(text, key):
    """A file needs its head, a carrier and a line; for a table that is missing there is no line but the first."""
    fault = fault_of(text)

    assert (fault.step, fault.key, fault.line) == (None, key, 1)
    assert fault.allowed == "scenario, carrier, line; optional step"


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("carrier = []\nline = []\n", "carrier", "there are 0"),
        ("carrier = 5\nline = []\n", "carrier", "5 is not allowed"),
        ("carrier = [5]\nline = []\n", "carrier", "5 is not a table"),
    ],
)
def test_carriers_are_a_list_of_tables_that_is_not_empty(text, key, words):
    """An accord has carriers, and each is a table."""
    head = HEAD.partition("[[carrier]]")[0]
    check(text.replace("\n", " #!\n", 1) + head, None, key, words)


def test_an_accord_of_too_many_lines_is_refused():
    """One line more than an accord has numbers for is a fault of the file."""
    more = "".join(f'[[line]]\nid = "l{n}"\ncarriers = ["bag"]\n' for n in range(limits.LINES_MAX - 1))

    assert "there are 65; allowed there: 1 to 64" in fault_of(HEAD + more).what


def test_an_accord_that_passes_its_size_is_refused():
    """Principals and holidays that each fit, but together make an accord too long to sign, are a fault of the file."""
    fitting, passing = (
        HEAD.replace('["chairman", "envoy"]', "[" + ", ".join(f'"p{n}"' for n in range(count)) + "]")
        for count in (150, 200)
    )

    assert len(load(fitting, "x").principals[0]) == 150
    assert "the accord would take" in fault_of(passing).what


@pytest.mark.parametrize(
    ("key", "items", "words"),
    [
        (
            "check_ins",
            ['{ at = "09:00", caller = "south", days = "daily" }'] * (limits.CHECK_INS_MAX + 1),
            "has 25 check-ins; allowed there: an array of up to 24",
        ),
        (
            "holidays",
            [f"{year}-01-{day:02}" for year in range(2000, 2040) for day in range(1, 27)],
            "has 1040 days; allowed there: an array of up to 1000",
        ),
        ("principals.north", [f'"p{n}"' for n in range(256)], "has 256 names; allowed there: an array of up to 255"),
    ],
)
def test_too_many_of_one_thing_are_refused(key, items, words):
    """What an accord numbers or limits is limited here, and the limit is said."""
    head = [line for line in HEAD.split("\n") if not line.startswith(("principals", "holidays"))]
    row = f"{key} = [{', '.join(items)}] #!"
    text = "\n".join(head).partition("check_ins")[0] + row
    if key.startswith("principals"):
        text = "\n".join([*head[:5], row, *head[5:]])

    check(text, None, key, words)


# --- no TOML ---


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[scenario]\ntitle = \n", 2),
        ("[scenario]\n\ntitle = 'x'\ntitle = 'y'\n", 4),
        ("[scenario\n", 1),
        ("a = 1\r\n\r\nb = !\r\n", 3),
        ("a = 1\nb = 2020-13-45\n", 2),
        ("a = 1\nb = '''\nx\n", 3),
        ("a = 1\nb = [1,\n2\n", 3),
        ("a = 1\nb = " + "9" * 5000 + "\n", 2),
        ("a = 1\n\nb = " + "[" * 5000 + "\n", 3),
        ("a = 1\nb = '\ud800'\n", 2),
        ("a = 1\nb = '\x00'\n", 2),
        ("\ufeff", 1),
    ],
)
def test_what_is_no_toml_is_refused_at_its_line(text, line):
    """Text that is no TOML, too deep or not even Unicode is refused at the line where it ceases to be."""
    fault = fault_of(text)

    assert (fault.step, fault.key, fault.line, fault.allowed) == (None, "", line, "TOML 1.0")
    assert f"file.toml, line {line}: not readable as TOML" in fault.what


def test_a_fault_is_the_users_to_mend():
    """A wrong file is a misuse, with a sentence and a next step, and long values are cut in it."""
    fault = fault_of(HEAD.replace('"live"', f'"{"x" * 500}"'))

    assert isinstance(fault, Misuse)
    assert fault.next_step
    assert "x…" in fault.what
    assert len(fault.what) < 200
