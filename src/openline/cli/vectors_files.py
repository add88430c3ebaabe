"""Vector files as they lie on disk, and the bytes their fields stand for (spec/vectors/README.md).

Rules of this file: a field of bytes is hex, or names a field of another vector and what to change in it; a file that
is not so is the fault of whoever wrote it (`Misuse`), and never of the code it tests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from openline.wire.errors import Misuse

VERDICTS: Final = ("accept", "reject")
REFERENCES_DEEP_MAX: Final = 8  # chosen: an export rests on an accord, and a damaged one on that; more is a circle


@dataclass(frozen=True)
class Vector:
    """One vector: what is given, and what a checker has to say of it. `reject_as` is "" for one to be accepted."""

    name: str
    kind: str
    verdict: str
    reject_as: str
    input: Mapping[str, Any]
    expected: Mapping[str, Any]
    others: Mapping[str, Mapping[str, Any]]  # every vector's input by name, for references

    def has(self, field: str) -> bool:
        return field in self.input

    def octets(self, field: str) -> bytes:
        """The bytes of a field.

        Raises:
            Misuse: it is missing, or neither hex nor a reference that leads to hex.
        """
        return self._resolved(self._given(field), REFERENCES_DEEP_MAX)

    def many_octets(self, field: str) -> list[bytes]:
        """The bytes of each item of a field."""
        return [self._resolved(item, REFERENCES_DEEP_MAX) for item in self.items(field)]

    def items(self, field: str) -> list[Any]:
        value = self._given(field)
        if not isinstance(value, list):
            raise self._wrong(f"`{field}` is no list")
        return value

    def number(self, field: str) -> int:
        value = self._given(field)
        if type(value) is not int or value < 0:
            raise self._wrong(f"`{field}` is no number")
        return value

    def text(self, field: str) -> str:
        value = self._given(field)
        if not isinstance(value, str):
            raise self._wrong(f"`{field}` is no text")
        return value

    def _given(self, field: str) -> Any:
        try:
            return self.input[field]
        except KeyError:
            raise self._wrong(f"its input lacks `{field}`") from None

    def _resolved(self, value: Any, deep: int) -> bytes:
        try:
            if isinstance(value, str):
                return bytes.fromhex(value)
            if not deep:
                raise self._wrong("its references do not end")
            data = self._resolved(self.others[value["of"]][value["field"]], deep - 1)
            return edited(data, value.get("edits", []))
        except (KeyError, TypeError, ValueError):
            raise self._wrong("a field is neither hex nor a reference to a field of another vector") from None

    def _wrong(self, what: str) -> Misuse:
        return Misuse(f"vector {self.name}: {what}", next_step="Make the vectors anew, or mend the file.")


def edited(data: bytes, edits: list[tuple[int, int, str]]) -> bytes:
    """`data` with each edit [at, cut, put] made: at an offset of the original, so many bytes become others."""
    out, done = [], 0
    for at, cut, put in edits:
        if not done <= at <= at + cut <= len(data):
            raise ValueError("edits that overlap, or are outside the bytes")
        out += [data[done:at], bytes.fromhex(put)]
        done = at + cut
    return b"".join([*out, data[done:]])


def load(folder: Path) -> list[Vector]:
    """Every vector below a folder, in order of its path.

    Raises:
        Misuse: there are none, or a file is none.
    """
    paths = sorted(path for verdict in VERDICTS for path in (folder / verdict).glob("*.json"))
    if not paths:
        raise Misuse(f"{folder}: no vectors here", next_step="Name the folder that holds accept/ and reject/.")
    read = [(path, _read(path)) for path in paths]
    others = {path.stem: plain["input"] for path, plain in read}
    return [_vector(path, plain, others) for path, plain in read]


def _read(path: Path) -> dict[str, Any]:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misuse(f"{path}: cannot be read: {error.strerror}", next_step="Check the folder.") from None
    except ValueError as error:
        raise Misuse(f"{path}: not JSON: {error}", next_step="Mend the file, or make the vectors anew.") from None
    if not isinstance(plain, dict) or not isinstance(plain.get("input"), dict):
        raise Misuse(f"{path}: not a vector: it has no input", next_step="Mend the file, or make the vectors anew.")
    return plain


def _vector(path: Path, plain: dict[str, Any], others: Mapping[str, Mapping[str, Any]]) -> Vector:
    reject_as = plain.get("reject_as", "")
    well_placed = plain.get("verdict") == path.parent.name and plain.get("name") == path.stem
    if not well_placed or bool(reject_as) != (plain["verdict"] == "reject"):
        raise Misuse(f"{path}: its name, verdict and folder do not fit", next_step="Mend the file.")
    kind, expected = str(plain.get("kind")), plain.get("expected", {})
    return Vector(path.stem, kind, plain["verdict"], reject_as, plain["input"], expected, others)
