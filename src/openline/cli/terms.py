"""Terms: the TOML file from which both sides build one accord at the table (docs/setup.md).

Rules of this file: carriers and lines are written as in a scenario file (spec 12.1); whatever two readers make of one
file is the same in every byte; a mistake says its line and what is allowed there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from openline.cli.files import read_file
from openline.play import loading
from openline.play import loading_values as read
from openline.play.loading_table import Field, Spot, check_keys, read_table
from openline.play.loading_values import Known
from openline.station.api.types_agreed import TRIAL
from openline.station.toml_text import shown
from openline.wire import bodies
from openline.wire.accord import Carrier, Line, Witness
from openline.wire.errors import Misuse

WITNESSES_MAX: Final = 16  # the accord's own bound (spec 3.5)
TWO_PERSON: Final[Mapping[str, int]] = {  # kinds of which the accord may ask two officers (spec 3.6)
    of.__name__.lower(): of.kind
    for of in (
        bodies.Suspend, bodies.Propose, bodies.Accept, bodies.Withdraw, bodies.Announce, bodies.Amend, bodies.Minute,
        bodies.Message, bodies.Document, bodies.Notice,
    )
}  # fmt: skip


class Terms(NamedTuple):
    """What both sides agreed beside their keys. `sides` in the accord's order."""

    name: str
    founded_s: int
    sides: tuple[str, str]
    carriers: tuple[Carrier, ...]
    lines: tuple[Line, ...]
    two_person: tuple[int, ...]
    witnesses: tuple[Witness, ...]


def _two_person(spot: Spot, known: Known) -> tuple[int, ...]:
    items = spot.items(f"an array of {read.choices(list(TWO_PERSON))}")
    return tuple(sorted({read.one_of(TWO_PERSON)(item, known) for item in items}))


def _name(spot: Spot, known: Known) -> str:
    name = read.name(spot, known)
    if name == TRIAL:
        raise spot.fault(f"{shown(name)} is kept for stations that are for trying", "another name")
    return name


def _key(spot: Spot, known: Known) -> bytes:
    allowed = "an Ed25519 public key as 64 hexadecimal digits"
    if type(spot.value) is not str or len(spot.value) != 64:
        raise spot.wrong(allowed)
    try:
        return bytes.fromhex(spot.value)
    except ValueError:
        raise spot.wrong(allowed) from None


FILE: Final[Mapping[str, Field[Known]]] = {
    "accord": Field(read.as_it_is),
    "carrier": Field(read.as_it_is),
    "line": Field(read.as_it_is),
    "witness": Field(read.as_it_is, []),
}
ACCORD: Final[Mapping[str, Field[Known]]] = {
    "name": Field(_name),
    "founded": Field(read.moment_s, name="founded_s"),
    "zone": Field(read.zone),
    "sides": Field(loading.two_sides),
    "two_person": Field(_two_person, ()),
}
WITNESS: Final[Mapping[str, Field[Known]]] = {"name": Field(read.name), "key": Field(_key)}


def load_terms(path: Path) -> Terms:
    """The terms in the file at `path`.

    Raises:
        Misuse: it cannot be read, or breaks a rule; says the line.
    """
    try:
        text = read_file(path).decode()
    except UnicodeDecodeError as error:
        raise Misuse(f"{path}: not UTF-8 text, at byte {error.start}", next_step="Save it as UTF-8.") from None
    root = loading.file_of(text, str(path))
    check_keys(root, FILE)
    head, known = _head(root.inner("accord"))
    carriers, lines, _ = loading.ways(root, known)
    return Terms(
        name=head["name"],
        founded_s=head["founded_s"],
        sides=head["sides"],
        carriers=tuple(Carrier(**asdict(spec)) for spec in carriers),
        lines=tuple(Line(**asdict(spec)) for spec in lines),
        two_person=head["two_person"],
        witnesses=_witnesses(root, known),
    )


def _head(spot: Spot) -> tuple[dict[str, Any], Known]:
    """`[accord]`: the zone first, for times without an offset are read in it."""
    check_keys(spot, ACCORD)
    known = Known(zone=read.zone(spot.inner("zone"), Known()))
    head = read_table(spot, ACCORD, known)
    return head, replace(known, sides=head["sides"])


def _witnesses(root: Spot, known: Known) -> tuple[Witness, ...]:
    found: list[Witness] = []
    for spot in loading.tables(root, "witness", WITNESSES_MAX):
        one = Witness(**read_table(spot, WITNESS, known))
        if one.name in [x.name for x in found]:
            raise spot.inner("name").fault(f"{shown(one.name)} is there twice", "a name that no other witness has")
        found.append(one)
    return tuple(found)
