"""Values as a vector's JSON writes them, so that two implementations can be compared on what they read.

Rules of this file: bytes are hex; long ones, and long text, which only cost space, are their count and SHA-256;
a number that JSON readers would round is text.
"""

from __future__ import annotations

import hashlib
from dataclasses import MISSING, fields
from typing import Any, Final, cast

from openline.wire.bodies import Body, Unknown
from openline.wire.bundle import Payload
from openline.wire.cbor import Value

EXACT_MAX: Final = 2**53 - 1
BYTES_SHOWN_MAX: Final = 64
TEXT_BYTES_SHOWN_MAX: Final = 512


def facts_of(value: Any) -> Any:
    """A value of a decoded structure: numbers, text, bytes, and tuples of them."""
    if isinstance(value, bytes):
        return value.hex() if len(value) <= BYTES_SHOWN_MAX else _digest(value)
    if isinstance(value, str):
        raw = value.encode()
        return value if len(raw) <= TEXT_BYTES_SHOWN_MAX else _digest(raw)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value) if value <= EXACT_MAX else str(int(value))
    if isinstance(value, list | tuple):
        return [facts_of(item) for item in value]
    return value


def _digest(data: bytes) -> Any:
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def body_facts(body: Body | Payload) -> Any:
    """The fields of a body or payload that are not at their default, by name (spec 3.4, 4.3)."""
    if isinstance(body, Unknown):
        return typed(body.plain)
    return {
        x.name: facts_of(getattr(body, x.name))
        for x in fields(cast(Any, body))
        if x.default is MISSING or getattr(body, x.name) != x.default
    }


def typed(value: Value) -> Any:
    """A CBOR value with its type: {"uint": n}, {"bytes": hex}, {"text": s}, {"map": [[key, value], …]}, an array,
    true, false or null."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return {"uint": facts_of(value)}
    if isinstance(value, bytes):
        return {"bytes": facts_of(value)}
    if isinstance(value, str):
        return {"text": facts_of(value)}
    if isinstance(value, dict):
        return {"map": [[facts_of(key), typed(item)] for key, item in value.items()]}
    return [typed(item) for item in value]
