"""A TOML table read field by field, each value with its place in the file (spec 12.1.2).

Rules of this file: every fault of a scenario file is made here, in `Spot.fault`, and so always says where it stands
and what is allowed there; a table is read whole or not at all; a key that nobody asked for is a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

from openline.play.scenario import ScenarioFault
from openline.station.toml_lines import Path, line_of
from openline.station.toml_text import on_one_line, shown

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class File:
    """A scenario file's name and the line of each path in it."""

    name: str
    lines: Mapping[Path, int]


@dataclass(frozen=True, slots=True)
class Spot:
    """A value of the file and where it stands."""

    file: File
    path: Path
    value: Any

    @property
    def line(self) -> int:
        return line_of(self.file.lines, self.path)

    def inner(self, key: str | int) -> Spot:
        return Spot(self.file, (*self.path, key), self.value[key])

    def missing(self, key: str) -> Spot:
        """The place of a key that is not there: faults give the line of the table that lacks it."""
        return Spot(self.file, (*self.path, key), None)

    def items(self, allowed: str) -> list[Spot]:
        """The items of an array."""
        if type(self.value) is not list:
            raise self.wrong(allowed)
        return [self.inner(index) for index in range(len(self.value))]

    def fault(self, what: str, allowed: str) -> ScenarioFault:
        """`what` is a sentence part about this place, such as "is missing"."""
        step = _number_of(self.path) if self.path[:1] == ("step",) else None
        key = ".".join(part for part in _within(self.path) if isinstance(part, str))
        place = f"{self.file.name}, line {self.line}: {_table_of(self.path)}, key {on_one_line(key)}"
        return ScenarioFault(
            f"{place}: {what}; allowed there: {allowed}", step=step, key=key, line=self.line, allowed=allowed
        )

    def wrong(self, allowed: str) -> ScenarioFault:
        """The fault of a value that is not among what is allowed."""
        return self.fault(f"{shown(self.value)} is not allowed", allowed)


def _number_of(path: Path) -> int | None:
    """Which of its array's tables a path is in, from 1; None outside arrays of tables."""
    return path[1] + 1 if len(path) > 1 and isinstance(path[1], int) else None


def _within(path: Path) -> Path:
    """The part of a path inside its table of the file; the whole path if that is all there is."""
    return path[1 if _number_of(path) is None else 2 :] or path[:1]


def _table_of(path: Path) -> str:
    number = _number_of(path)
    if number is not None:
        return f"step {number}" if path[0] == "step" else f"[[{path[0]}]] {number}"
    return f"[{path[0]}]" if len(path) > 1 else "the file"


class Need(Enum):
    """What stands in the place of a default where a field has none."""

    REQUIRED = 0
    ONE_OF = 1  # exactly one of the table's fields of this need


REQUIRED: Final = Need.REQUIRED
ONE_OF: Final = Need.ONE_OF
Reader: TypeAlias = Callable[[Spot, K], Any]


class Field(NamedTuple, Generic[K]):
    """A key of a table: how its value is read, its default (itself already read) and its name in the result. A field
    of which exactly one must be there is None where it is another."""

    reader: Reader[K]
    default: Any = REQUIRED
    name: str = ""


Fields: TypeAlias = Mapping[str, Field[K]]


def keys_text(fields: Fields[K]) -> str:
    """What a table takes, for messages: the keys it must have, then those it may have."""
    must = [key for key, field in fields.items() if field.default is REQUIRED]
    either = [" or ".join(_either(fields))] if _either(fields) else []
    may = [key for key, field in fields.items() if not isinstance(field.default, Need)]
    parts = [", ".join([*must, *either])] if must or either else []
    if may:
        parts.append("optional " + ", ".join(may))
    return "; ".join(parts)


def _either(fields: Fields[K]) -> list[str]:
    return [key for key, field in fields.items() if field.default is ONE_OF]


def check_table(spot: Spot, allowed: str) -> None:
    if type(spot.value) is not dict:
        raise spot.fault(f"{shown(spot.value)} is not a table", f"a table with {allowed}")


def check_keys(spot: Spot, fields: Fields[K]) -> None:
    """Refuse keys that are not of `fields`, then the lack of keys that have no default.

    Raises:
        ScenarioFault: those, or no table at all.
    """
    allowed = keys_text(fields)
    check_table(spot, allowed)
    for key in spot.value:
        if key not in fields:
            raise spot.missing(key).fault("is unknown", allowed)
    for key, field in fields.items():
        if field.default is REQUIRED and key not in spot.value:
            raise spot.missing(key).fault("is missing", allowed)
    either = _either(fields)
    there = [key for key in spot.value if key in either]
    if either and not there:
        raise spot.missing(either[0]).fault("is missing", " or ".join(either))
    if len(there) > 1:
        raise spot.inner(there[1]).fault(f"is there beside {there[0]}", f"one of {' and '.join(either)}")


def read_field(spot: Spot, key: str, field: Field[K], known: K) -> Any:
    """The value of `key` in the table at `spot`, or the default."""
    if key in spot.value:
        return field.reader(spot.inner(key), known)
    return None if field.default is ONE_OF else field.default


def read_table(spot: Spot, fields: Fields[K], known: K) -> dict[str, Any]:
    """Every field's value, by its name in the result, with `known` handed to each reader.

    Raises:
        ScenarioFault: no table, an unknown key, a key missing, or a value that its reader refuses.
    """
    check_keys(spot, fields)
    return {field.name or key: read_field(spot, key, field, known) for key, field in fields.items()}
