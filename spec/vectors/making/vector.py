"""A vector and its file: one promise, or one failure, and what a checker has to read from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from openline.cli.vectors_plain import facts_of

BLOCK_BYTES: Final = 32


class Reference(NamedTuple):
    """The bytes of a field of another vector, with edits [at, cut, put]: at an offset, so many bytes become others."""

    of: str
    field: str
    edits: tuple[tuple[int, int, bytes], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Vector:
    """`name` is the file's, too, and begins with the kind. `reject_as` is "" for one to be accepted."""

    name: str
    spec: str
    what: str
    kind: str
    reject_as: str = ""
    input: dict[str, Any]
    expected: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"{'reject' if self.reject_as else 'accept'}/{self.name}.json"

    def text(self) -> str:
        """The file, as it is written."""
        plain: dict[str, Any] = {"name": self.name, "spec": self.spec, "what": self.what, "kind": self.kind}
        plain["verdict"] = "reject" if self.reject_as else "accept"
        if self.reject_as:
            plain["reject_as"] = self.reject_as
        plain["input"] = {name: _given(value) for name, value in self.input.items()}
        if self.expected:
            plain["expected"] = self.expected
        return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"


def edits_between(old: bytes, new: bytes) -> tuple[tuple[int, int, bytes], ...]:
    """What to change in `old` to have `new`: everything outside the stretches that both have, in one order."""
    edits, in_old, in_new = [], 0, 0
    for old_at, new_at, length in [*_shared(old, new), (len(old), len(new), 0)]:
        if (in_old, in_new) != (old_at, new_at):
            edits.append((in_old, old_at - in_old, new[in_new:new_at]))
        in_old, in_new = old_at + length, new_at + length
    return tuple(edits)


def _shared(old: bytes, new: bytes) -> Iterator[tuple[int, int, int]]:
    """Stretches that stand in both, found by blocks of `old` and made as long as they are: at, at, length."""
    blocks = {old[at : at + BLOCK_BYTES]: at for at in range(len(old) - BLOCK_BYTES, -1, -BLOCK_BYTES)}
    in_old = in_new = at = 0
    while at <= len(new) - BLOCK_BYTES:
        found = blocks.get(new[at : at + BLOCK_BYTES])
        if found is None or found < in_old:
            at += 1
            continue
        back = _same(old[in_old:found][::-1], new[in_new:at][::-1])
        length = back + _same(old[found:], new[at:])
        yield found - back, at - back, length
        in_old, in_new = found - back + length, at - back + length
        at = in_new


def _same(one: bytes, other: bytes) -> int:
    """How many bytes both begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def changed(of: str, name: str, old: bytes, new: bytes) -> Reference:
    """`new`, as the field `name` of vector `of`, whose bytes are `old`, with what is different."""
    return Reference(of, name, edits_between(old, new))


def _given(value: Any) -> Any:
    """An input as JSON: bytes in hex at any length, for they are what is tested."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Reference):
        edits = [[at, cut, put.hex()] for at, cut, put in value.edits]
        return {"of": value.of, "field": value.field, **({"edits": edits} if edits else {})}
    if isinstance(value, list | tuple):
        return [_given(item) for item in value]
    return facts_of(value)
