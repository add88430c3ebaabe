"""Wrong steps of scenario files: every fault names its step, key and the right line, and says what is allowed there."""

from __future__ import annotations

import pytest

from openline.play.loading_table import REQUIRED
from openline.play.loading_verbs import FAULTS, VERBS
from tests.unit.play.scenario_texts import DO, HEAD, LATER, MESSAGE, SOON, STEPS, check, fault_of

# --- steps ---


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ('[[step]] #!\nafter = "PT0S"', "do", "is missing; allowed there: exactly one of do, fault, expect"),
        (DO.format("") + 'do = "rotate_key"\nfault = "fork" #!', "fault", "is there beside do"),
        (DO.format("#!") + 'do = "message"\nref = "n"\nline = "west"', "text", "is missing; allowed there: do, by"),
        (DO.format("") + 'do = "mesage" #!', "do", '"mesage" is not allowed; allowed there: suspend, propose, accept'),
        (DO.format("") + "do = [] #!", "do", "an array is not allowed"),
        (SOON + 'fault = "flood" #!', "fault", "allowed there: carrier_down, carrier_up"),
        (SOON + 'fault = "fork"\nside = "north"\nby = "north" #!', "by", "is unknown; allowed there: fault, side"),
        (SOON + 'by = "north" #!\nexpect = { side = "north", alarm = "none" }', "by", "is unknown"),
        (SOON.replace("]]", "]] #!") + 'do = "rotate_key"', "by", "is missing"),
        (SOON + 'do = "rotate_key"\nby = "east" #!', "by", "allowed there: north, south"),
        (SOON + 'do = "rotate_key"\nby = "both" #!', "by", "allowed there: north, south"),
        (DO.format("") + 'do = "rotate_key"\nline = "west" #!', "line", "is unknown"),
        ('[[step]] #!\nby = "north"\ndo = "rotate_key"', "at", "is missing; allowed there: at or after"),
        (
            '[[step]]\nat = 2020-06-09T00:00:00Z\nafter = "PT1H" #!\nby = "north"\ndo = "rotate_key"',
            "after",
            "is there beside at; allowed there: one of at and after",
        ),
        (
            '[[step]]\nby = "north"\nat = 2020-06-08T08:59:59+09:00 #!\ndo = "rotate_key"',
            "at",
            "2020-06-08T08:59:59+09:00 is before step 1; allowed there: 2020-06-08T09:00:00+09:00 or later",
        ),
        ('[[step]]\nat = 2020-06-09 #!\nby = "north"\ndo = "rotate_key"', "at", "a time such as"),
        ('[[step]]\nat = "PT1H" #!\nby = "north"\ndo = "rotate_key"', "at", "a time such as"),
        ('[[step]]\nafter = "1h" #!\nby = "north"\ndo = "rotate_key"', "after", '"1h" is no duration'),
        ('[[step]]\nafter = "-PT1H" #!\nby = "north"\ndo = "rotate_key"', "after", "is a negative duration"),
        ('[[step]]\nafter = "P1M" #!\nby = "north"\ndo = "rotate_key"', "after", "has years or months"),
        ('[[step]]\nafter = 30 #!\nby = "north"\ndo = "rotate_key"', "after", "an ISO 8601 duration"),
        ('[[step]]\nafter = "P2560000D" #!\nby = "north"\ndo = "rotate_key"', "after", "goes too far"),
        (DO.format("") + 'do = "rotate_key"\nnote = 5 #!', "note", "text of 0 to 8192 bytes"),
        (DO.format("") + 'do = "rotate_key"\ninvented = "yes" #!', "invented", "allowed there: true, false"),
        (DO.format("") + 'do = "rotate_key"\nsource = [] #!', "source", "text of"),
    ],
)
def test_a_wrong_step_is_refused(text, key, words):
    """Each rule of a step that a file breaks is named with the step's number, its key and line."""
    check(HEAD + MESSAGE + text, 2, key, words)


def test_a_key_that_spoils_the_message_is_shown_on_one_line():
    """A quoted key with a line end in it breaks neither the sentence nor a log."""
    fault = fault_of(HEAD + DO.format("") + 'do = "rotate_key"\n"a\\nb" = 1')

    assert fault.key == "a\nb"
    assert "key a\N{REPLACEMENT CHARACTER}b: is unknown" in fault.what


def test_the_first_step_is_not_before_the_start():
    """Nothing happens before the accord is founded."""
    text = HEAD + '[[step]]\nat = 2020-06-08T07:59:59+09:00 #!\nfault = "fork"\nside = "north"'

    check(text, 1, "at", "is before start; allowed there: 2020-06-08T08:00:00+09:00 or later")


@pytest.mark.parametrize(
    ("text", "words"), [("step = 5 #!\n", "5 is not allowed"), ("step = [[]] #!\n", "an array is not a table")]
)
def test_steps_are_an_array_of_tables(text, words):
    """Steps that are no tables are refused where they stand."""
    check(text + HEAD, 1 if "[[" in text else None, "step", words)


# --- do ---


def required(fields):
    return [key for key, field in fields.items() if field.default is REQUIRED]


@pytest.mark.parametrize(("verb", "key"), [(verb, key) for verb, fields in VERBS.items() for key in required(fields)])
def test_a_verb_without_a_required_field_is_refused(verb, key):
    """Every field of every verb that has no default must be there; the line is the step's."""
    steps = STEPS.split("[[step]]")
    number = next(n for n, step in enumerate(steps) if f'\ndo = "{verb}"\n' in step)
    kept = [x for x in steps[number].split("\n") if not x.startswith(f"{key} = ")]
    steps[number] = " #!" + "\n".join(kept)

    assert len(kept) < len(STEPS.split("[[step]]")[number].split("\n"))
    check(HEAD + "[[step]]".join(steps), number, key, "is missing", key)


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ('do = "suspend"\nlines = ["*", "west"] #!', "lines", 'has "*" beside other lines'),
        ('do = "suspend"\nlines = "*" #!', "lines", 'allowed there: ["*"], or an array of panmunjom, west'),
        ('do = "suspend"\nlines = [] #!', "lines", "names no line"),
        ('do = "suspend"\nlines = [\n"west",\n"east", #!\n]', "lines", '"east" is not allowed; allowed there: panmun'),
        ('do = "suspend"\nlines = ["*"]\nlanes = [] #!', "lanes", "is empty"),
        ('do = "suspend"\nlines = ["*"]\nlanes = ["secret"] #!', "lanes", "allowed there: liaison, safety"),
        ('do = "suspend"\nlines = ["*"]\nlanes = "safety" #!', "lanes", "an array of liaison, safety"),
        ('do = "suspend"\nlines = ["*"]\nfrom = "now" #!', "from", "a time such as"),
        ('do = "suspend"\nlines = ["*"]\nreason = """' + "é" * 513 + '""" #!', "reason", "text of 0 to 1024 bytes"),
        ('do = "propose"\nref = "m" #!\nlines = ["*"]\n' + LATER, "ref", '"m" is defined by an earlier step'),
        ('do = "propose"\nref = "q"\nlines = ["*"]\neffective = "PT1H" #!', "effective", "a time such as"),
        ('do = "accept"\nref = "q" #!', "ref", '"q" is no ref of an earlier step; allowed there: m'),
        ('do = "withdraw"\nref = 5 #!', "ref", "5 is no ref"),
        ('do = "acknowledge"\nref = "" #!', "ref", "is no ref"),
        ('do = "message"\nref = "q"\nline = "east" #!\ntext = "x"', "line", "allowed there: panmunjom, west"),
        ('do = "message"\nref = "q"\nline = "*" #!\ntext = "x"', "line", "allowed there: panmunjom, west"),
        ('do = "message"\nref = "q"\nline = 1 #!\ntext = "x"', "line", "1 is not allowed"),
        ('do = "message"\nref = "q"\nline = "west"\ntext = "" #!', "text", "text of 1 to 8192 bytes"),
        ('do = "message"\nref = "q"\nline = "west"\ntext = "x"\nlane = "both" #!', "lane", "liaison, safety"),
        (
            'do = "message"\nref = "q"\nline = "west"\ntext = "x"\nprecedence = "flash" #!',
            "precedence",
            "allowed there: ROUTINE, PRIORITY, IMMEDIATE, FLASH",
        ),
        ('do = "message"\nref = "q"\nline = "west"\ntext = "x"\ndue = "PT0S" #!', "due", "longer than nothing"),
        ('do = "message"\nref = "q"\nline = "west"\ntext = "x"\ndue = 5 #!', "due", "an ISO 8601 duration"),
        ('do = "message"\nref = "q"\nline = "west"\ntext = "x"\nexercise = 1 #!', "exercise", "true, false"),
        ('do = "message"\nref = "q"\nline = "west"\ntext = "x"\ncorrects = "q" #!', "corrects", "is no ref"),
        ('do = "message"\nref = "a\\tb" #!\nline = "west"\ntext = "x"', "ref", "printable text"),
        ('do = "notice"\nref = "q"\nline = "west"\nform = "f"\nfields = [] #!', "fields", "a table of 0 to 64 texts"),
        ('do = "notice"\nref = "q"\nline = "west"\nform = "f"\nfields = { a = [1] } #!', "fields.a", "text, a number"),
        ('do = "notice"\nref = "q"\nline = "west"\nform = "f"\nfields.a.b = 1 #!', "fields.a", "a table is not"),
        ('do = "notice"\nref = "q"\nline = "west"\nform = "f"\nfields.a = 0x1ffffffffffffffff #!', "fields.a", "64 b"),
        ('do = "notice"\nref = "q"\nline = "west"\nform = "f"\nfields = { "" = 1 } #!', "fields.", "a wrong length"),
        ('do = "notice"\nref = "q"\nline = "west"\nform = ""  #!\nfields = {}', "form", "a name of 1 to 64"),
        (
            'do = "notice"\nref = "q"\nline = "west"\nform = "f"\nexercise = true #!\nfields = {}',
            "exercise",
            "is unknown; allowed there: do, by, ref, line, form, fields, at or after; optional lane, precedence, due",
        ),
        ('do = "document"\nref = "q"\nline = "west"\nbytes = 0 #!', "bytes", "a whole number from 1 to 67108864"),
        ('do = "document"\nref = "q"\nline = "west"\nbytes = true #!', "bytes", "true is not allowed"),
        ('do = "document"\nref = "q"\nline = "west"\nbytes = 67108865 #!', "bytes", "from 1 to 67108864"),
        ('do = "letter"\nref = "q"\nto = "chairman" #!\ntext = "x"', "to", "a principal of south: president, envoy"),
        ('do = "letter"\nref = "q"\nto = "king" #!\ntext = "x"', "to", '"king" is not allowed'),
        ('do = "courier"\ntravel = "soon" #!', "travel", '"soon" is no duration'),
        ('do = "call"\nline = "east" #!', "line", "allowed there: panmunjom, west"),
        ('do = "desk"\nmode = "asleep" #!', "mode", "allowed there: answers, declines, defers, absent"),
        ('do = "desk"\nmode = "absent"\nline = "east" #!', "line", "allowed there: *, panmunjom, west"),
        ('do = "presence"\nmode = "hidden" #!', "mode", "allowed there: shown, withheld"),
        ('do = "announce"\nref = "q"\ntext = "x" #!', "text", "a table of 1 to 8 texts"),
        ('do = "announce"\nref = "q"\ntext = {} #!', "text", "a table of 1 to 8 texts"),
        ('do = "minute"\nref = "q"\n[step.text]\nen = 5 #!', "text.en", "5 is not allowed; allowed there: text of 1"),
        ('do = "minute"\nref = "q"\n[step.text]\nen = "x"\n"e n" = "x" #!', "text.e n", "is no language"),
        ('do = "minute"\nref = "q"\n[step.text]\nen = "a\\tb" #!', "text.en", "has a control character"),
        ('do = "amend" #!\nref = "q"\nline = "west"\n' + LATER, "do", "changes nothing; allowed there: at least one"),
        ('do = "amend"\nref = "q"\nline = "west"\ncarriers = [] #!\n' + LATER, "carriers", "names no carrier"),
        ('do = "amend"\nref = "q"\nline = "west"\npulse_s = 0 #!\n' + LATER, "pulse_s", "from 1 to 86400"),
        ('do = "amend"\nref = "q"\nline = "west"\nexpires = 0 #!\n' + LATER, "expires", "a time such as"),
        ('do = "amend"\nref = "q"\nline = "west"\ncheck_ins = [{}] #!\n' + LATER, "check_ins.at", "is missing"),
        ('do = "backup"\nname = "peer" #!', "name", 'a name other than "peer"'),
        ('do = "restore_site"\nfrom = "tuesday" #!', "from", "peer, or a backup that north made in an earlier step: ("),
        ('do = "restore_site"\nfrom = "peer"\nname = "x" #!', "name", "is unknown"),
    ],
)
def test_a_wrong_do_is_refused(text, key, words):
    """Each rule of a verb that a file breaks is named with the step's number, its key and line."""
    check(HEAD + MESSAGE + DO.format("") + text, 2, key, words)


def test_texts_that_fit_one_by_one_but_not_together_are_refused():
    """A statement or form whose texts each fit, but together pass an entry, is a fault of the file."""
    texts = ", ".join(f'{language} = "{"x" * 4096}"' for language in ("en", "ko", "ru"))
    text = HEAD + DO.format("") + f'do = "announce"\nref = "q"\ntext = {{ {texts} }} #!'

    check(text, 1, "text", "is too long; allowed there: a table of 1 to 8 texts, of at most 12288 bytes together")


def test_a_field_longer_than_a_text_is_refused():
    """A form's field is a text like any other."""
    text = HEAD + DO.format("") + f'do = "notice"\nref = "q"\nline = "west"\nform = "f"\nfields.a = "{"x" * 8193}" #!'

    check(text, 1, "fields.a", "text of at most 8192 bytes")


def test_the_other_sides_backup_restores_nothing():
    """A backup belongs to the side that made it."""
    backup = SOON + 'by = "south"\ndo = "backup"\nname = "monday"\n'
    text = HEAD + backup + DO.format("") + 'do = "restore_site"\nfrom = "monday" #!'

    check(text, 2, "from", '"monday" is not allowed; allowed there: peer, or a backup that north made')


def test_a_ref_that_only_a_later_step_defines_is_refused():
    """A ref is known from the step that defines it on, and not before."""
    text = HEAD + DO.format("") + 'do = "acknowledge"\nref = "m" #!\n' + MESSAGE

    check(text, 1, "ref", '"m" is no ref of an earlier step; allowed there: (none)')


def test_a_long_list_of_what_is_allowed_is_cut():
    """Of hundreds of refs a message lists some, and says how many more there are."""
    many = "".join(MESSAGE.replace('ref = "m"', f'ref = "m{n:03}"') for n in range(100))
    fault = fault_of(HEAD + many + DO.format("") + 'do = "acknowledge"\nref = "x"')

    assert fault.allowed.endswith("m039, and 60 more")


# --- fault ---


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind, fields in FAULTS.items() for key in required(fields)])
def test_a_condition_without_a_required_field_is_refused(kind, key):
    """Every field of every condition that has no default must be there; the line is the step's."""
    values = {"carrier": '"copper"', "side": '"north"', "on": "true", "seconds": "1", "loss": "1"}
    rows = [f"{field} = {values[field]}" for field in FAULTS[kind] if field in values and field != key]
    text = "\n".join(['[[step]] #!\nafter = "PT0S"', f'fault = "{kind}"', *rows])

    check(HEAD + text, 1, key, "is missing")


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ('fault = "carrier_down"\ncarrier = "iron" #!', "carrier", "allowed there: copper, satellite, bag"),
        ('fault = "carrier_up"\ncarrier = "bag"\nside = "east" #!', "side", "allowed there: both, north, south"),
        ('fault = "carrier_lossy"\ncarrier = "bag"\nloss = 1.01 #!', "loss", "a number from 0 to 1"),
        ('fault = "carrier_lossy"\ncarrier = "bag"\nduplicate = true #!', "duplicate", "true is not allowed"),
        ('fault = "carrier_lossy"\ncarrier = "bag"\nreorder = nan #!', "reorder", "nan is not allowed"),
        ('fault = "carrier_lossy"\ncarrier = "bag"\nloss = "1" #!', "loss", "a number from 0 to 1"),
        ('fault = "carrier_lossy"\ncarrier = "bag"\nside = "north" #!', "side", "is unknown"),
        ('fault = "tamper"\ncarrier = "bag"\non = 1 #!', "on", "allowed there: true, false"),
        ('fault = "station_down"\nside = "both" #!', "side", "allowed there: north, south"),
        ('fault = "clock_skew"\nside = "north"\nseconds = "5" #!', "seconds", "a number of seconds"),
        ('fault = "clock_skew"\nside = "north"\nseconds = inf #!', "seconds", "a number of seconds"),
        ('fault = "clock_skew"\nside = "north"\nseconds = true #!', "seconds", "true is not allowed"),
        ('fault = "clock_skew"\nside = "north"\nseconds = 0xfffffffffffffffffff #!', "seconds", "past 64 bits"),
        ('fault = "clock_skew"\nside = "north"\nseconds = -1600000000 #!', "seconds", "puts the clock before 1970"),
        ('fault = "fork"\nside = "north"\nref = "m" #!', "ref", "is unknown; allowed there: fault, side, at or after"),
    ],
)
def test_a_wrong_condition_is_refused(text, key, words):
    """Each rule of a condition that a file breaks is named with the step's number, its key and line."""
    check(HEAD + MESSAGE + SOON + text, 2, key, words)


def test_a_lossy_carrier_says_what_it_loses():
    """A lossy carrier without any share is a fault at its step."""
    text = HEAD + '[[step]] #!\nafter = "PT0S"\nfault = "carrier_lossy"\ncarrier = "bag"'

    check(text, 1, "loss", "is missing; allowed there: at least one of loss, duplicate, reorder")


# --- expect ---


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("5", "", "5 is not a table; allowed there: a table with side; optional line, lane, ref, formal"),
        ('{ alarm = "none" }', ".side", "is missing"),
        ('{ side = "east", alarm = "none" }', ".side", "allowed there: north, south"),
        ('{ side = "south" }', "", "checks nothing; allowed there: at least one of formal, observed"),
        ('{ side = "south", line = "west", lane = "safety" }', "", "checks nothing"),
        ('{ side = "south", formal = "open" }', ".line", "is missing beside formal"),
        ('{ side = "south", observed = "through" }', ".line", "is missing beside observed"),
        ('{ side = "south", line = "east", formal = "open" }', ".line", "allowed there: panmunjom, west"),
        ('{ side = "south", line = "*", formal = "open" }', ".line", "allowed there: panmunjom, west"),
        ('{ side = "south", line = "west", lane = "x", formal = "open" }', ".lane", "liaison, safety"),
        (
            '{ side = "south", line = "west", formal = "closed" }',
            ".formal",
            "allowed there: disputed, expired, suspended, restoring, open",
        ),
        (
            '{ side = "south", line = "west", observed = "ignored" }',
            ".observed",
            "allowed there: not_watching, our_side_cut, declined, deferred, rang_unanswered, read_no_reply, through,"
            " not_expected, agreed_not_through, path_down, their_station_down, cannot_tell",
        ),
        ('{ side = "south", receipt = "shown" }', ".ref", "is missing beside receipt"),
        ('{ side = "south", flag = "none" }', ".ref", "is missing beside flag"),
        ('{ side = "south", readable_by = "envoy" }', ".ref", "is missing beside readable_by"),
        ('{ side = "south", announcement = "waiting" }', ".ref", "is missing beside announcement"),
        ('{ side = "south", ref = "q", receipt = "shown" }', ".ref", '"q" is no ref of an earlier step'),
        (
            '{ side = "south", ref = "m", receipt = "read" }',
            ".receipt",
            "allowed there: recorded, delivered, shown, acknowledged, answered",
        ),
        ('{ side = "south", ref = "m", flag = "late" }', ".flag", "allowed there: none, crossed, out_of_line"),
        ('{ side = "south", ref = "m", readable_by = "king" }', ".readable_by", "chairman, envoy, president, envoy"),
        ('{ side = "south", ref = "m", announcement = "none" }', ".announcement", "verifies, waiting"),
        ('{ side = "south", refused = false }', ".refused", "false is not allowed; allowed there: true"),
        ('{ side = "south", heads_equal = "yes" }', ".heads_equal", "allowed there: true"),
        ('{ side = "south", evidence = "lies" }', ".evidence", "allowed there: none, fork, bad_signature, bad_chain"),
        ('{ side = "south", record = "good" }', ".record", "allowed there: verifies, incomplete"),
        (
            '{ side = "south", alarm = "fire" }',
            ".alarm",
            "allowed there: none, flash_unread, call_ringing, check_in_missed, immediate_overdue, peer_silent,"
            " heads_differ, clock_offset",
        ),
        ('{ side = "south", entries_min = -1 }', ".entries_min", "a whole number from 0"),
        ('{ side = "south", entries_min = true }', ".entries_min", "true is not allowed"),
        ('{ side = "south", mood = "good" }', ".mood", "is unknown; allowed there: side; optional line"),
    ],
)
def test_a_wrong_expect_is_refused(text, key, words):
    """Each rule of an expectation that a file breaks is named with the step's number, its key and line."""
    check(HEAD + MESSAGE + SOON + f"expect = {text} #!", 2, f"expect{key}", words)


def test_a_key_of_an_expect_table_stands_at_its_own_line():
    """Under a header of its own, each key of an expectation has its own line."""
    check(HEAD + SOON + '[step.expect]\nside = "south"\nalarm = "fire" #!', 1, "expect.alarm", '"fire"')


def test_a_refusal_needs_something_to_refuse():
    """`refused` before any `do` is a fault of the file."""
    check(HEAD + SOON + 'expect = { side = "north", refused = true } #!', 1, "expect.refused", "has no do before it")
