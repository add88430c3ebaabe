"""Scenario files: from TOML text to a `Scenario` (spec 12.1).

Rules of this file: `load` reads no file and no clock; any text gives a `Scenario` or a `ScenarioFault`, and of several
faults the first that is met; a `Scenario` needs no further checking, and its accord fits its limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from openline.play import loading_values as read
from openline.play.loading_steps import StepReader
from openline.play.loading_table import Field, File, Spot, check_keys, read_table
from openline.play.loading_values import Known
from openline.play.loading_verbs import BOTH
from openline.play.scenario import CarrierSpec, LineSpec, Scenario, ScenarioFault
from openline.station.toml_text import NotToml, parse, shown
from openline.wire import accord, cbor, limits
from openline.wire.accord import CarrierKind

LATENCY_MS_MAX: Final = 10**7  # the accord's own bound (spec 3.5)
PRINCIPALS_MAX: Final = 255  # the accord's own bound (spec 3.5)
SIDES_BYTES: Final = 32 * 1024  # two sides' own keys and officers in the accord, rounded up
PRINCIPAL_BYTES: Final = 1400  # a principal's keys and name there, rounded up


def two_sides(spot: Spot, known: Known) -> tuple[str, str]:
    allowed = f'an array of two different names, neither of them "{BOTH}"'
    names = [read.name(item, known) for item in spot.items(allowed)]
    if len(names) != 2 or names[0] == names[1] or BOTH in names:
        raise spot.fault(f"{', '.join(map(shown, names)) or 'nothing'} is not allowed", allowed)
    return names[0], names[1]


def _people(spot: Spot, known: Known) -> tuple[str, ...]:
    allowed = f"an array of up to {PRINCIPALS_MAX} different names"
    names = tuple(read.name(item, known) for item in spot.items(allowed))
    for index, name in enumerate(names):
        if name in names[:index]:
            raise spot.inner(index).fault(f"{shown(name)} is there twice", allowed)
    if len(names) > PRINCIPALS_MAX:
        raise spot.fault(f"has {len(names)} names", allowed)
    return names


def _principals(spot: Spot, known: Known) -> tuple[tuple[str, ...], ...]:
    fields = {side: Field[Known](_people, ()) for side in known.sides}
    row = read_table(spot, fields, known)
    return tuple(row[side] for side in known.sides)


def _new_line_id(spot: Spot, known: Known) -> str:
    value = _new_id(known.lines, spot, known)
    if value == read.ALL:
        raise spot.fault(f'"{read.ALL}" means all lines', f'a name other than "{read.ALL}"')
    return value


def _new_carrier_id(spot: Spot, known: Known) -> str:
    return _new_id(known.carriers, spot, known)


def _new_id(taken: tuple[str, ...], spot: Spot, known: Known) -> str:
    value = read.name(spot, known)
    if value in taken:
        raise spot.fault(f"{shown(value)} is there twice", f"an id other than {', '.join(taken)}")
    return value


FILE: Final[Mapping[str, Field[Known]]] = {
    "scenario": Field(read.as_it_is),
    "carrier": Field(read.as_it_is),
    "line": Field(read.as_it_is),
    "step": Field(read.as_it_is, []),
}
SCENARIO: Final[Mapping[str, Field[Known]]] = {
    "title": Field(read.text(least=0)),
    "start": Field(read.instant),
    "zone": Field(read.zone),
    "sides": Field(two_sides),
    "principals": Field(read.as_it_is, {}),
}
CARRIER: Final[Mapping[str, Field[Known]]] = {
    "id": Field(_new_carrier_id),
    "kind": Field(read.words(CarrierKind)),
    "latency_ms": Field(read.whole(0, LATENCY_MS_MAX), 0),
}
LINE: Final[Mapping[str, Field[Known]]] = {
    "id": Field(_new_line_id),
    "carriers": Field(read.carriers),
    "check_ins": Field(read.check_ins, ()),
    "holidays": Field(read.holidays, ()),
    "expires": Field(read.moment_s, 0, "expires_s"),
    "pulse_s": Field(read.whole(1, 86_400), 60),
}


def load(text: str, name: str) -> Scenario:
    """The scenario that `text` is; `name` is the file's name, for messages only.

    Raises:
        ScenarioFault: the text is no TOML, or breaks a rule of spec 12.
    """
    root = file_of(text, name)
    check_keys(root, FILE)
    head, known = _head(root.inner("scenario"))
    carrier_specs, line_specs, known = ways(root, known)
    steps = StepReader(known, head["start"])
    return Scenario(
        title=head["title"],
        start_ms=head["start"],
        zone=head["zone"],
        sides=head["sides"],
        principals=head["principals"],
        carriers=carrier_specs,
        lines=line_specs,
        steps=tuple(steps.step(spot, number) for number, spot in enumerate(tables(root, "step"), 1)),
    )


def ways(root: Spot, known: Known) -> tuple[tuple[CarrierSpec, ...], tuple[LineSpec, ...], Known]:
    """The `[[carrier]]` and `[[line]]` tables of a file, and what is known with them.

    Raises:
        ScenarioFault: they break a rule of spec 12.1.
    """
    carrier_specs: tuple[CarrierSpec, ...] = ()
    for spot in tables(root, "carrier", limits.CARRIERS_MAX):
        carrier_specs += (_carrier(spot, known),)
        known = replace(known, carriers=tuple(spec.id for spec in carrier_specs))
    line_specs: tuple[LineSpec, ...] = ()
    for spot in tables(root, "line", limits.LINES_MAX):
        line_specs += (LineSpec(**read_table(spot, LINE, known)),)
        known = replace(known, lines=tuple(spec.id for spec in line_specs))
    _check_size(root, known, line_specs)
    return carrier_specs, line_specs, known


def _head(spot: Spot) -> tuple[dict[str, Any], Known]:
    """`[scenario]`: the zone first, for local times are read in it, and the sides before their principals."""
    check_keys(spot, SCENARIO)
    known = Known(zone=read.zone(spot.inner("zone"), Known()))
    head = read_table(spot, SCENARIO, known)
    known = replace(known, sides=head["sides"])
    head["principals"] = _principals(spot.inner("principals"), known) if "principals" in spot.value else ((), ())
    return head, replace(known, principals=head["principals"])


def tables(root: Spot, key: str, most: int | None = None) -> list[Spot]:
    """The tables of `[[key]]`; at least one and at most `most` if that is given."""
    if key not in root.value:
        return []
    spot = root.inner(key)
    allowed = f"[[{key}]] tables"
    items = spot.items(allowed)
    if most is not None and not 1 <= len(items) <= most:
        raise spot.fault(f"there are {len(items)}", f"1 to {most} {allowed}")
    return items


def _carrier(spot: Spot, known: Known) -> CarrierSpec:
    row = read_table(spot, CARRIER, known)
    if row["kind"] is CarrierKind.COURIER and "latency_ms" in spot.value:
        raise spot.inner("latency_ms").fault("is not for a courier", 'id, kind; do = "courier" takes the travel time')
    return CarrierSpec(**row)


def _check_size(root: Spot, known: Known, specs: tuple[LineSpec, ...]) -> None:
    """Refuse what no accord has room for."""
    people = sum(len(names) for names in known.principals)
    plain = [accord.to_map(accord.Line(**asdict(spec))) for spec in specs]
    size = SIDES_BYTES + people * PRINCIPAL_BYTES + len(cbor.encode(plain))
    if size > limits.ACCORD_BYTES_MAX:
        what = f"the accord would take {size} bytes"
        allowed = f"lines, check-ins, holidays and principals that fit {limits.ACCORD_BYTES_MAX} bytes"
        raise root.inner("line").fault(what, allowed)


def file_of(text: str, name: str) -> Spot:
    """The file's root table with the line of each key.

    Raises:
        ScenarioFault: no TOML, with the line that the parser gives.
    """
    try:
        parsed = parse(text)
    except NotToml as error:
        sentence = f"{name}, line {error.line}: not readable as TOML: {error.what}; allowed there: TOML 1.0"
        raise ScenarioFault(sentence, step=None, key="", line=error.line, allowed="TOML 1.0") from None
    return Spot(File(name, parsed.lines), (), parsed.root)
