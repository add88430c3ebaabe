"""Evidence as a file: what one station saw of a line, so that the same explanation can be had from it elsewhere.

Rules of this file:
1. `decode(encode(evidence, now_ms))` gives both back; nothing else is read than what `encode` writes.
2. A field left out has the default that `core.silence` gives it; a field that nobody knows, a value of another type,
   and a name that means nothing here are errors that say where they stand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import IntEnum
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from openline.core.silence import Evidence
from openline.core.state import Formal
from openline.wire.errors import Misuse
from openline.wire.terms import Lane
from openline.wire.zones import known

FORMAT: Final = "openline/evidence/1"
WHOLE_MAX: Final = 2**53  # JSON numbers beyond this are not the same in every program
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "formal": ("", *Formal),
    "lane": tuple(lane.name.lower() for lane in Lane),
    "what": ("call", "message"),
}


def encode(evidence: Evidence, now_ms: int) -> dict[str, Any]:
    """Evidence and the instant it is of, as JSON values."""
    return {"format": FORMAT, "now_ms": now_ms, **_plain(evidence)}


def decode(text: str) -> tuple[Evidence, int]:
    """Evidence and its instant from the text of a file; what `openline explain --json` printed is one too.

    Raises:
        Misuse: it is no such file; says what is wrong and where.
    """
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Misuse(f"no JSON: {error}") from None
    if isinstance(value, dict) and "evidence" in value:
        value = value["evidence"]
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise Misuse(f'no evidence: an object with "format": "{FORMAT}" is expected')
    now_ms = _read(int, value.get("now_ms"), "now_ms")
    rest = {name: each for name, each in value.items() if name not in ("format", "now_ms")}
    evidence = _object(Evidence, rest, "evidence")
    if evidence.pulse_ms <= 0:
        raise Misuse("pulse_ms: more than 0 is expected")
    if not known(evidence.zone):
        raise Misuse(f"zone: {evidence.zone!r} is no time zone known here")
    return evidence, now_ms


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def _object(kind: Any, value: Any, at: str) -> Any:
    if not isinstance(value, dict):
        raise Misuse(f"{at}: an object is expected")
    hints, known_fields = get_type_hints(kind), {each.name: each for each in fields(kind)}
    for name in value:
        if name not in known_fields:
            raise Misuse(f"{at}: there is no {name!r}; it holds {', '.join(known_fields)}")
    for name, each in known_fields.items():
        if name not in value and _required(each):
            raise Misuse(f"{at}: {name} is missing")
    return kind(**{name: _read(hints[name], each, name) for name, each in value.items()})


def _required(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _read(kind: Any, value: Any, at: str) -> Any:
    """`value` as one of `kind`, which is a type that `core.silence` uses in its evidence."""
    if get_origin(kind) is UnionType:
        kind = next(each for each in get_args(kind) if each is not NoneType)
        return None if value is None else _read(kind, value, at)
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise Misuse(f"{at}: a list is expected")
        return tuple(_read(get_args(kind)[0], each, f"{at}[{n}]") for n, each in enumerate(value))
    if get_origin(kind) is dict:
        if not isinstance(value, dict):
            raise Misuse(f"{at}: an object is expected")
        return {name: _read(get_args(kind)[1], each, f"{at}.{name}") for name, each in value.items()}
    if is_dataclass(kind):
        return _object(kind, value, at)
    return _scalar(kind, value, at)


def _scalar(kind: Any, value: Any, at: str) -> Any:
    if issubclass(kind, IntEnum):
        names = [member.name.lower() for member in kind]
        if value not in names:
            raise Misuse(f"{at}: one of {', '.join(names)} is expected")
        return kind[value.upper()]
    if type(value) is not kind:
        words = {int: "a whole number", bool: "true or false", str: "text"}
        raise Misuse(f"{at}: {words[kind]} is expected")
    if kind is int and abs(value) > WHOLE_MAX:
        raise Misuse(f"{at}: a number up to {WHOLE_MAX} is expected")
    if at in CHOICES and value not in CHOICES[at]:
        raise Misuse(f"{at}: one of {', '.join(each or '(empty)' for each in CHOICES[at])} is expected")
    return value
