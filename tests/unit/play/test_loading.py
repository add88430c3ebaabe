"""Valid scenario files: what every table, verb, condition and check is read as."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openline.play.loading import load
from openline.play.loading_verbs import ALARMS, CHECKS, DEFINING, FAULTS, VERBS
from openline.play.scenario import CarrierSpec, Do, Expect, FaultStep, LineSpec, Person, ScenarioFault
from openline.wire.accord import CarrierKind
from openline.wire.bodies import CheckIn, Lane, Precedence
from tests.unit.play.scenario_texts import HEAD, STEPS

ROOT = Path(__file__).parents[3]
SPEC = (ROOT / "spec/12-scenarios.md").read_text()
NORTH, SOUTH = 0, 1
START_S = 1_591_570_800  # 2020-06-08T08:00:00+09:00


@pytest.fixture(scope="module")
def whole():
    return load(HEAD + STEPS, "whole.toml")


def acts(scenario, verb):
    return [step.action for step in scenario.steps if isinstance(step.action, Do) and step.action.verb == verb]


def conditions(scenario, kind):
    return [x.action for x in scenario.steps if isinstance(x.action, FaultStep) and x.action.kind == kind]


def expects(scenario):
    return [step.action for step in scenario.steps if isinstance(step.action, Expect)]


def step_of(text, index=0):
    """A step of a file that has HEAD and these steps."""
    return load(HEAD + text, "x.toml").steps[index]


# --- the accord ---


def test_the_head_is_read(whole):
    """Title, start in UTC, zone, sides and principals are as the file says, sides in their order."""
    assert (whole.title, whole.start_ms, whole.zone) == ("Two sides", START_S * 1000, "Asia/Seoul")
    assert whole.sides == ("north", "south")
    assert whole.principals == (("chairman", "envoy"), ("president", "envoy"))


def test_carriers_are_read(whole):
    """A carrier has its kind and one-way latency, none unless given."""
    assert whole.carriers == (
        CarrierSpec("copper", CarrierKind.LIVE, 20),
        CarrierSpec("satellite", CarrierKind.RELAY, 0),
        CarrierSpec("bag", CarrierKind.COURIER, 0),
    )


def test_lines_are_read(whole):
    """A line has carriers by number in its own order, check-ins with zones, holidays as a set of days, and defaults."""
    assert whole.lines == (
        LineSpec("panmunjom", (0, 2), (), (), 0, 60),
        LineSpec(
            "west",
            (1, 0),
            (CheckIn(32_400, SOUTH, 0, "Asia/Seoul"), CheckIn(61_230, NORTH, 1, "Asia/Pyongyang")),
            (18_387, 18_536),
            1_609_459_200,
            30,
        ),
    )


def test_principals_are_optional():
    """Without principals, both sides have none; a side may be left out."""
    line = 'principals = { north = ["chairman", "envoy"], south = ["president", "envoy"] }'

    assert load(HEAD.replace(line, ""), "x").principals == ((), ())
    assert load(HEAD.replace(line, 'principals.south = ["a"]'), "x").principals == ((), ("a",))


def test_a_local_start_is_one_of_the_zone():
    """A start without an offset is read in the scenario's zone, wherever the zone stands in the file."""
    assert load(HEAD.replace("08:00:00+09:00", "08:00:00"), "x").start_ms == START_S * 1000


def test_a_file_without_steps_is_a_scenario():
    """Two sides to whom nothing happens are a scenario."""
    assert load(HEAD, "x").steps == ()


# --- steps ---


def test_steps_are_numbered_and_know_their_line(whole):
    """Steps count from 1 and carry the line of their own table in the file."""
    lines = (HEAD + STEPS).split("\n")

    assert [step.number for step in whole.steps] == list(range(1, len(whole.steps) + 1))
    assert [step.line for step in whole.steps] == [n for n, x in enumerate(lines, 1) if x == "[[step]]"]


def test_after_counts_from_the_step_before(whole):
    """The first `after` counts from start, later ones from the step before; equal instants are fine."""
    assert whole.steps[0].at_ms == whole.steps[1].at_ms == whole.steps[2].at_ms == (START_S + 3600) * 1000
    assert step_of('[[step]]\nafter = "PT0.0005S"\nfault = "fork"\nside = "north"').at_ms == START_S * 1000 + 1


def test_remarks_are_kept(whole):
    """A step may carry a note, a source and the mark of what was invented."""
    assert (whole.steps[1].note, whole.steps[1].source, whole.steps[1].invented) == ("as told", "a newspaper", True)
    assert (whole.steps[0].note, whole.steps[0].source, whole.steps[0].invented) == ("", "", False)


def test_steps_may_be_written_inline():
    """However TOML writes the array of steps, it is the same, and the lines are still right."""
    inline = 'step = [\n { after = "PT1H", fault = "fork", side = "north" },\n { after = "PT1H", fault = "fork",'
    scenario = load(inline + ' side = "south" },\n]\n' + HEAD, "x")

    assert [(step.line, step.action.side) for step in scenario.steps] == [(2, NORTH), (3, SOUTH)]


# --- do ---


def test_every_verb_condition_and_check_is_tried(whole):
    """The file of these tests leaves out no verb, condition or check."""
    actions = [step.action for step in whole.steps]

    assert {x.verb for x in actions if isinstance(x, Do)} == set(VERBS)
    assert {x.kind for x in actions if isinstance(x, FaultStep)} == set(FAULTS)
    assert {name for x in actions if isinstance(x, Expect) for name, _ in x.checks} == set(CHECKS)


@pytest.mark.parametrize(
    ("verb", "found"),
    [
        (
            "suspend",
            [
                (NORTH, {"lines": None, "lanes": (Lane.LIAISON,), "reason": "", "from_s": 0}),
                (
                    SOUTH,
                    {"lines": (0, 1), "lanes": (Lane.LIAISON, Lane.SAFETY), "reason": "", "from_s": 1_591_585_201},
                ),
            ],
        ),
        ("propose", [(SOUTH, {"ref": "p", "lines": (0,), "lanes": (Lane.LIAISON,), "effective": 1_593_565_200})]),
        ("accept", [(NORTH, {"ref": "p"})]),
        ("withdraw", [(SOUTH, {"ref": "p"})]),
        (
            "message",
            [
                (
                    NORTH,
                    {
                        "ref": "m1", "line": 1, "text": "ship in distress", "lane": Lane.LIAISON,
                        "precedence": Precedence.ROUTINE, "due": 0, "exercise": False, "corrects": None,
                    },
                ),
                (
                    NORTH,
                    {
                        "ref": "m2", "line": 1, "text": "two ships", "lane": Lane.SAFETY,
                        "precedence": Precedence.FLASH, "due": 1, "exercise": True, "corrects": "m1",
                    },
                ),
            ],
        ),
        (
            "notice",
            [
                (
                    SOUTH,
                    {
                        "ref": "n", "line": 1, "form": "hazard", "lane": Lane.LIAISON,
                        "precedence": Precedence.ROUTINE, "due": 1800,
                        "fields": (
                            ("at", "07:30:00"), ("drifting", "true"), ("ships", "3"), ("since", "2020-06-08"),
                            ("speed", "7.5"), ("where", "37N"),
                        ),
                    },
                )
            ],
        ),
        (
            "document",
            [
                (
                    SOUTH,
                    {
                        "ref": "d", "line": 0, "bytes": 100_000, "lane": Lane.LIAISON,
                        "precedence": Precedence.IMMEDIATE, "due": 0,
                    },
                )
            ],
        ),
        (
            "letter",
            [
                (NORTH, {"ref": "l", "to": Person(SOUTH, 0), "text": "Excellency"}),
                (SOUTH, {"ref": "l2", "to": Person(NORTH, 1), "text": "Dear envoy"}),
            ],
        ),
        ("courier", [(SOUTH, {"travel": 21_600_000}), (SOUTH, {"travel": 86_400_000})]),
        ("call", [(SOUTH, {"line": 1, "lane": Lane.LIAISON})]),
        ("desk", [(SOUTH, {"line": None, "mode": "absent"}), (SOUTH, {"line": 1, "mode": "defers"})]),
        ("acknowledge", [(SOUTH, {"ref": "m1"})]),
        ("answer", [(SOUTH, {"ref": "m1", "text": "on our way"})]),
        ("presence", [(NORTH, {"mode": "withheld"})]),
        ("announce", [(NORTH, {"ref": "a", "text": (("en", "Restored"), ("ko", "복원"))})]),
        ("minute", [(NORTH, {"ref": "mi", "text": (("en", "We spoke."),)})]),
        (
            "amend",
            [
                (
                    NORTH,
                    {
                        "ref": "am", "line": 1, "effective": 1_593_529_200, "check_ins": (), "carriers": (0,),
                        "expires": 1_640_995_200, "holidays": (18_621,), "pulse_s": 120,
                    },
                )
            ],
        ),
        ("rotate_key", [(NORTH, {})]),
        ("backup", [(NORTH, {"name": "monday"})]),
        ("restore_site", [(NORTH, {"source": "monday"}), (SOUTH, {"source": "peer"})]),
    ],
)  # fmt: skip
def test_a_verb_is_read(whole, verb, found):
    """Each verb's fields are normalised and its defaults filled in."""
    assert [(do.by, do.args) for do in acts(whole, verb)] == found


def test_an_amendment_leaves_alone_what_it_does_not_name():
    """Of an amendment's changes, those left out are None."""
    text = '[[step]]\nafter = "PT1H"\nby = "north"\ndo = "amend"\nref = "a"\nline = "west"\n'
    args = step_of(text + "effective = 2020-07-01T00:00:00Z\nholidays = []").action.args

    assert args == {
        "ref": "a", "line": 1, "effective": 1_593_561_600, "holidays": (),
        "check_ins": None, "carriers": None, "expires": None, "pulse_s": None,
    }  # fmt: skip


# --- fault ---


@pytest.mark.parametrize(
    ("kind", "carrier", "side", "args"),
    [
        ("carrier_down", 0, None, {}),
        ("carrier_up", 0, NORTH, {}),
        ("carrier_lossy", 1, None, {"loss": 1.0, "duplicate": 0.0, "reorder": 0.25}),
        ("tamper", 1, None, {"on": True}),
        ("station_down", None, NORTH, {}),
        ("station_up", None, NORTH, {}),
        ("site_destroyed", None, NORTH, {}),
        ("own_network_down", None, SOUTH, {}),
        ("own_network_up", None, SOUTH, {}),
        ("clock_skew", None, SOUTH, {"skew_ms": -90_500}),
        ("fork", None, NORTH, {}),
    ],
)
def test_a_condition_is_read(whole, kind, carrier, side, args):
    """Each condition's carrier, side and figures are normalised; a carrier's side left out is both."""
    assert conditions(whole, kind) == [FaultStep(kind, carrier, side, args)]


# --- expect ---


def test_checks_are_read_in_the_order_of_the_file(whole):
    """An expectation has its view, its line, lane and ref, and its checks as the file orders them."""
    first, second, third, fourth, fifth = expects(whole)

    assert first == Expect(SOUTH, 1, Lane.SAFETY, None, (("observed", "through"), ("formal", "open")))
    checks = (("receipt", "answered"), ("flag", "crossed"), ("entries_min", 12))
    assert second == Expect(NORTH, None, Lane.LIAISON, "m1", checks)
    assert third.checks == (("readable_by", Person(SOUTH, 0)),)
    assert fourth.checks == (("refused", True), ("heads_equal", True), ("evidence", "none"), ("record", "verifies"))
    assert fifth.checks == (("announcement", "waiting"), ("alarm", "none"))


@pytest.mark.parametrize(
    ("side", "ref", "reader", "found"),
    [
        ("south", "l2", "envoy", Person(NORTH, 1)),  # the addressee, not the viewing side's
        ("north", "l2", "envoy", Person(NORTH, 1)),
        ("south", "l", "envoy", Person(SOUTH, 1)),  # not addressed to an envoy: the viewing side's
        ("south", "l", "chairman", Person(NORTH, 0)),
    ],
)
def test_of_two_principals_with_one_name_the_addressee_is_meant(side, ref, reader, found):
    """`readable_by` means the letter's addressee where that fits, else the viewing side's principal."""
    expect = f'[[step]]\nafter = "PT0S"\nexpect = {{ side = "{side}", ref = "{ref}", readable_by = "{reader}" }}\n'

    assert step_of(STEPS + expect, -1).action.checks == (("readable_by", found),)


def test_an_act_that_is_to_be_refused_defines_no_ref():
    """After `refused = true`, a later step may define the same ref again, and use it."""
    message = '[[step]]\nafter = "PT1H"\nby = "north"\ndo = "message"\nref = "m"\nline = "west"\ntext = "x"\n'
    refused = '[[step]]\nafter = "PT0S"\nexpect = { side = "north", refused = true }\n'
    used = '[[step]]\nafter = "PT0S"\nexpect = { side = "north", ref = "m", receipt = "shown" }\n'

    assert len(load(HEAD + message + refused + message + used, "x").steps) == 4
    with pytest.raises(ScenarioFault, match="defined by an earlier step"):
        load(HEAD + message + refused + message + used + message, "x")


def test_a_backup_may_take_an_old_name():
    """A second backup of one name replaces the first; the name stays known."""
    backup = '[[step]]\nafter = "PT1H"\nby = "north"\ndo = "backup"\nname = "b"\n'
    restore = '[[step]]\nafter = "PT1H"\nby = "north"\ndo = "restore_site"\nfrom = "b"\n'

    assert load(HEAD + backup + backup + restore, "x").steps[2].action.args == {"source": "b"}


# --- the spec says the same ---


def table(heading):
    """First cell → the other cells, of the spec's table with that first heading."""
    rows = re.search(rf"^\| {re.escape(heading)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", SPEC, re.MULTILINE)
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[1].splitlines()]
    return {first.strip("`"): " ".join(rest) for first, *rest in cells}


@pytest.mark.parametrize(("heading", "format_table"), [("`do`", VERBS), ("`fault`", FAULTS)])
def test_the_spec_has_every_field(heading, format_table):
    """The spec's tables name the same verbs and conditions with the same fields, in the code's own order."""
    keys = {key for fields in format_table.values() for key in fields}
    written = {
        name: {key for key in re.findall(r"`(\w+)`", cell) if key in keys} for name, cell in table(heading).items()
    }

    assert list(written) == list(format_table)
    assert written == {name: set(fields) for name, fields in format_table.items()}


def test_the_spec_has_every_check_and_alarm():
    """The spec's tables of checks and alarms are the code's."""
    assert list(table("check")) == list(CHECKS)
    assert list(table("alarm")) == list(ALARMS)


def test_the_spec_names_the_verbs_that_define_a_ref():
    """The verbs said to define a ref are those whose ref is new."""
    sentence = re.search(r"\*\*Refs\.\*\*.*?(`propose`.*?) define the ref", SPEC, re.DOTALL)[1]

    assert set(re.findall(r"`(\w+)`", sentence)) == DEFINING


# --- any text ---

LINES = (HEAD + STEPS).splitlines()
WITH_VALUE = [number for number, line in enumerate(LINES) if re.match(r"\w+ = [^\[{]", line)]
VALUES = st.recursive(
    st.sampled_from(["true", "0", "-1", "1.5", "nan", '""', '"north"', '"*"', "2020-06-08", "08:00:00", "'m1'"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | inner.map(lambda item: f"{{ a = {item} }}")
    ),
    max_leaves=4,
)


def fault_of(text):
    """The fault of a file, or None if it has none; anything else that is raised fails the test."""
    try:
        load(text, "x")
    except ScenarioFault as fault:
        return fault
    return None


@given(st.text())
def test_any_text_is_a_scenario_or_a_fault(text):
    """No text whatever makes the loader raise anything but its fault, whose line is one of the text."""
    fault = fault_of(text)

    assert fault is not None
    assert 1 <= fault.line <= text.count("\n") + 1


@given(st.integers(0, len(LINES) - 1), st.integers(0, len(LINES) - 1), st.sampled_from(["drop", "repeat", "swap"]))
def test_any_edit_gives_a_scenario_or_a_fault(at, other, how):
    """A line dropped, repeated or exchanged makes another scenario, or a fault that says where and what is allowed."""
    lines = list(LINES)
    if how == "drop":
        del lines[at]
    elif how == "repeat":
        lines.insert(other, lines[at])
    else:
        lines[at], lines[other] = lines[other], lines[at]
    fault = fault_of("\n".join(lines))

    assert fault is None or (1 <= fault.line <= len(lines) and fault.allowed and f"line {fault.line}:" in fault.what)


@settings(max_examples=max(200, settings.default.max_examples))
@given(st.sampled_from(WITH_VALUE), VALUES)
def test_any_value_of_any_key_is_read_or_refused(number, value):
    """A key given any other value is read, or the fault is there or in a later line that depended on it."""
    lines = list(LINES)
    lines[number] = lines[number].partition(" = ")[0] + " = " + value
    tomllib.loads("\n".join(lines))
    fault = fault_of("\n".join(lines))

    assert fault is None or fault.line >= number + 1
