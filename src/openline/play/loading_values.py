"""How each kind of value of a scenario file is read: from what TOML holds to what the player uses (spec 12.3).

Rules of this file: a reader takes a `Spot` and the `Known` names, and returns the normalised value or raises a
`ScenarioFault` that says what is allowed; TOML's `true` is never taken for a number; a limit is `wire.limits`'.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import IntEnum
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from openline.play import durations
from openline.play.loading_table import Field, Reader, Spot, read_table
from openline.play.scenario import Person
from openline.station.toml_text import shown
from openline.wire import limits
from openline.wire.errors import Misuse
from openline.wire.terms import CheckIn

TEXTS_BYTES_MAX: Final = 12 * 1024  # chosen: leaves an entry room for its signatures and approvals
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_DAY_MAX: Final = date(durations.YEAR_MAX, 1, 1).toordinal() - _EPOCH_DAY
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
CHOICES_MAX: Final = 40  # chosen: names that a message lists; all verbs fit
DAYS: Final = ("working", "daily")
_LANGUAGE: Final = re.compile(f"[A-Za-z0-9-]{{1,{limits.NAME_BYTES_MAX}}}")
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")
ALL: Final = "*"


@dataclass(frozen=True, slots=True)
class Known:
    """The names that the file has defined so far; numbers are places in these tuples. `refs` and `backups` are live:
    what earlier steps define; `void` those refs whose `do` was expected to be refused, which may be defined again.
    `by` is the side whose `do` is being read."""

    zone: str = "UTC"
    sides: tuple[str, ...] = ()
    principals: tuple[tuple[str, ...], ...] = ((), ())
    carriers: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    refs: Set[str] = frozenset()
    void: Set[str] = frozenset()
    backups: Set[tuple[int, str]] = frozenset()
    by: int = 0


KnownReader: TypeAlias = Reader[Known]
KnownField: TypeAlias = Field[Known]


def choices(names: Sequence[str]) -> str:
    """Names as a message lists them."""
    more = f", and {len(names) - CHOICES_MAX} more" if len(names) > CHOICES_MAX else ""
    return ", ".join(names[:CHOICES_MAX]) + more or "(none)"


def as_it_is(spot: Spot, known: Known) -> Any:
    """The value itself, for what is read further elsewhere."""
    return spot.value


def text(most: int = limits.TEXT_BYTES_MAX, *, least: int = 1) -> KnownReader:
    """Text of so many bytes of UTF-8."""

    def read(spot: Spot, known: Known) -> str:
        if type(spot.value) is not str or not least <= len(spot.value.encode()) <= most:
            raise spot.wrong(f"text of {least} to {most} bytes")
        return spot.value

    return read


def name(spot: Spot, known: Known) -> str:
    """An id: short text that shows on one line."""
    value = spot.value
    if type(value) is not str or not 1 <= len(value.encode()) <= limits.NAME_BYTES_MAX or not value.isprintable():
        raise spot.wrong(f"a name of 1 to {limits.NAME_BYTES_MAX} bytes of printable text")
    return value


def one_of(allowed: Mapping[str, Any] | Sequence[str]) -> KnownReader:
    """One of some words; the value of a mapping, or the word itself."""

    def read(spot: Spot, known: Known) -> Any:
        if type(spot.value) is not str or spot.value not in allowed:
            raise spot.wrong(choices(list(allowed)))
        return allowed[spot.value] if isinstance(allowed, Mapping) else spot.value

    return read


def words(of: type[IntEnum], *, upper: bool = False) -> KnownReader:
    """A member of an enum by its name."""
    return one_of({member.name if upper else member.name.lower(): member for member in of})


def whole(least: int, most: int) -> KnownReader:
    def read(spot: Spot, known: Known) -> int:
        if type(spot.value) is not int or not least <= spot.value <= most:
            raise spot.wrong(f"a whole number from {least} to {most}")
        return spot.value

    return read


def share(spot: Spot, known: Known) -> float:
    """A probability."""
    if type(spot.value) not in (int, float) or not 0 <= spot.value <= 1:
        raise spot.wrong("a number from 0 to 1")
    return float(spot.value)


def skew_ms(spot: Spot, known: Known) -> int:
    """Seconds, also negative or with a fraction, as whole milliseconds."""
    most = durations.SKEW_S_MAX
    if type(spot.value) not in (int, float) or not -most <= spot.value <= most:
        raise spot.wrong(f"a number of seconds from {-most} to {most}")
    return round(float(spot.value) * 1000)


def flag(spot: Spot, known: Known) -> bool:
    if type(spot.value) is not bool:
        raise spot.wrong("true, false")
    return spot.value


def true(spot: Spot, known: Known) -> bool:
    if spot.value is not True:
        raise spot.wrong("true")
    return True


def instant(spot: Spot, known: Known) -> int:
    """A time, in milliseconds since 1970; without an offset it is one of the scenario's zone."""
    allowed = "a time such as 2020-06-09T12:00:00+09:00"
    if type(spot.value) is not datetime:
        raise spot.wrong(allowed)
    try:
        return durations.instant_ms(spot.value, known.zone)
    except Misuse as error:
        raise spot.fault(f"{spot.value.isoformat()} {error.what}", allowed) from None


def moment_s(spot: Spot, known: Known) -> int:
    """A time in seconds since 1970, rounded up; at least 1, for 0 means none."""
    return max(1, durations.seconds_up(instant(spot, known)))


def duration_ms(spot: Spot, known: Known) -> int:
    if type(spot.value) is not str:
        raise spot.wrong(durations.DURATION_ALLOWED)
    try:
        return durations.duration_ms(spot.value)
    except Misuse as error:
        raise spot.fault(f'"{spot.value[:40]}" {error.what}', durations.DURATION_ALLOWED) from None


def due_s(spot: Spot, known: Known) -> int:
    """A duration of at least a second, in seconds; 0 would mean none."""
    seconds = durations.seconds_up(duration_ms(spot, known))
    if seconds == 0:
        raise spot.wrong("a duration longer than nothing; leave the key out for none")
    return seconds


def zone(spot: Spot, known: Known) -> str:
    allowed = 'an IANA zone, such as "Asia/Seoul"'
    value = name(spot, known)
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise spot.wrong(allowed) from None
    return value


def side(spot: Spot, known: Known) -> int:
    if type(spot.value) is not str or spot.value not in known.sides:
        raise spot.wrong(choices(known.sides))
    return known.sides.index(spot.value)


def line(spot: Spot, known: Known) -> int:
    if type(spot.value) is not str or spot.value not in known.lines:
        raise spot.wrong(choices(known.lines))
    return known.lines.index(spot.value)


def line_or_all(spot: Spot, known: Known) -> int | None:
    if spot.value == ALL:
        return None
    if type(spot.value) is not str or spot.value not in known.lines:
        raise spot.wrong(choices((ALL, *known.lines)))
    return known.lines.index(spot.value)


def lines(spot: Spot, known: Known) -> tuple[int, ...] | None:
    """A set of lines, ascending; None for all."""
    allowed = f'["{ALL}"], or an array of {choices(known.lines)}'
    items = spot.items(allowed)
    if not items:
        raise spot.fault("names no line", allowed)
    if spot.value == [ALL]:
        return None
    if ALL in spot.value:
        raise spot.fault(f'has "{ALL}" beside other lines', allowed)
    return tuple(sorted({line(item, known) for item in items}))


def some(of: KnownReader, what: str) -> KnownReader:
    """A set of at least one, ascending."""

    def read(spot: Spot, known: Known) -> tuple[Any, ...]:
        items = spot.items(f"an array of {what}")
        if not items:
            raise spot.fault("is empty", f"an array of at least one of {what}")
        return tuple(sorted({of(item, known) for item in items}))

    return read


def carrier(spot: Spot, known: Known) -> int:
    if type(spot.value) is not str or spot.value not in known.carriers:
        raise spot.wrong(choices(known.carriers))
    return known.carriers.index(spot.value)


def carriers(spot: Spot, known: Known) -> tuple[int, ...]:
    """A line's carriers in its own order."""
    allowed = f"an array of at least one of {choices(known.carriers)}"
    numbers: list[int] = []
    for item in spot.items(allowed):
        number = carrier(item, known)
        if number in numbers:
            raise item.fault(f'"{item.value}" is there twice', allowed)
        numbers.append(number)
    if not numbers:
        raise spot.fault("names no carrier", allowed)
    return tuple(numbers)


def clock_time(spot: Spot, known: Known) -> int:
    """The second of the day."""
    if type(spot.value) is time and spot.value.microsecond == 0:
        return spot.value.hour * 3600 + spot.value.minute * 60 + spot.value.second
    match = _CLOCK.fullmatch(spot.value) if type(spot.value) is str else None
    if match is None:
        raise spot.wrong('a time of day, such as "09:00" or "09:00:30"')
    hours, minutes, seconds = match.groups(default="0")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


CHECK_IN: Final[Mapping[str, KnownField]] = {
    "at": Field(clock_time),
    "caller": Field(side),
    "days": Field(one_of({word: number for number, word in enumerate(DAYS)})),
    "zone": Field(zone, None),
}


def check_ins(spot: Spot, known: Known) -> tuple[CheckIn, ...]:
    allowed = f"an array of up to {limits.CHECK_INS_MAX} tables such as {{ at, caller, days }}"
    items = spot.items(allowed)
    if len(items) > limits.CHECK_INS_MAX:
        raise spot.fault(f"has {len(items)} check-ins", allowed)
    rows = [read_table(item, CHECK_IN, known) for item in items]
    return tuple(CheckIn(row["at"], row["caller"], row["days"], row["zone"] or known.zone) for row in rows)


def holidays(spot: Spot, known: Known) -> tuple[int, ...]:
    """Days since 1970-01-01, ascending."""
    allowed = f"an array of up to {limits.HOLIDAYS_MAX} dates such as 2020-10-01"
    days: set[int] = set()
    for item in spot.items(allowed):
        day = item.value.toordinal() - _EPOCH_DAY if type(item.value) is date else -1
        if not 0 <= day < _DAY_MAX:
            raise item.wrong(f"a date such as 2020-10-01, from 1970 to {durations.YEAR_MAX - 1}")
        days.add(day)
    if len(days) > limits.HOLIDAYS_MAX:
        raise spot.fault(f"has {len(days)} days", allowed)
    return tuple(sorted(days))


def new_ref(spot: Spot, known: Known) -> str:
    ref = name(spot, known)
    if ref in known.refs and ref not in known.void:
        raise spot.fault(f'"{ref}" is defined by an earlier step', "a ref that no earlier step defines")
    return ref


def ref(spot: Spot, known: Known) -> str:
    if type(spot.value) is not str or spot.value not in known.refs:
        raise spot.fault(f"{shown(spot.value)} is no ref of an earlier step", choices(sorted(known.refs)))
    return spot.value


def addressee(spot: Spot, known: Known) -> Person:
    """A principal of the side that does not write."""
    to = 1 - known.by
    names = known.principals[to]
    if type(spot.value) is not str or spot.value not in names:
        raise spot.wrong(f"a principal of {known.sides[to]}: {choices(names)}")
    return Person(to, names.index(spot.value))


def pairs(most: int, of: KnownReader, *, least: int = 0) -> KnownReader:
    """A table of texts as (name, text) pairs, ascending by name."""

    def read(spot: Spot, known: Known) -> tuple[tuple[str, str], ...]:
        allowed = f"a table of {least} to {most} texts, of at most {TEXTS_BYTES_MAX} bytes together"
        if type(spot.value) is not dict or not least <= len(spot.value) <= most:
            raise spot.wrong(allowed)
        out = []
        for key in spot.value:
            if not 1 <= len(key.encode()) <= limits.NAME_BYTES_MAX:
                raise spot.inner(key).fault("is a name of a wrong length", f"1 to {limits.NAME_BYTES_MAX} bytes")
            out.append((key, of(spot.inner(key), known)))
        if sum(len(key.encode()) + len(value.encode()) for key, value in out) > TEXTS_BYTES_MAX:
            raise spot.fault("is too long", allowed)
        return tuple(sorted(out))

    return read


def statement(spot: Spot, known: Known) -> tuple[tuple[str, str], ...]:
    """What both sides sign for the public, by language; it must fit a signed note (spec 3.9)."""
    texts: tuple[tuple[str, str], ...] = pairs(limits.LANGUAGES_MAX, text(), least=1)(spot, known)
    for language, words_of_it in texts:
        if not _LANGUAGE.fullmatch(language):
            raise spot.inner(language).fault("is no language", "letters, digits and hyphens, such as ko or en")
        if _CONTROL.search(words_of_it):
            raise spot.inner(language).fault("has a control character", "text whose only control character is newline")
    return texts


def scalar_text(spot: Spot, known: Known) -> str:
    """A form field: text, or another single value of TOML rendered as TOML writes it."""
    value = spot.value
    if isinstance(value, (dict, list)) or (isinstance(value, int) and not -(2**63) <= value < 2**63):
        raise spot.wrong("text, a number of up to 64 bits, true, false, a date or a time")
    if isinstance(value, str):
        rendered = value
    elif isinstance(value, bool):
        rendered = "true" if value else "false"
    elif isinstance(value, (date, time)):
        rendered = value.isoformat()
    else:
        rendered = repr(value)
    if len(rendered.encode()) > limits.TEXT_BYTES_MAX:
        raise spot.wrong(f"text of at most {limits.TEXT_BYTES_MAX} bytes")
    return rendered
