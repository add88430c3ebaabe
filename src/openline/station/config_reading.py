"""From a TOML table to a msgspec Struct, with every mistake at its line (docs/station.md).

Rules of this file: a mistake says the file, the line, the key, what was found and what is allowed there; all the
mistakes of a file are told together; what is allowed is told from the Struct's own types, so the two cannot differ.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from openline.station import toml_lines
from openline.station.toml_text import on_one_line, shown
from openline.wire.errors import Misuse

S = TypeVar("S", bound=msgspec.Struct)
_NEAR: Final = 0.6  # chosen: how alike two words are for one to be taken for a slip of the other
_TOLD_MAX: Final = 20  # chosen: mistakes told at once; a file with more is another kind of file


class Address(str):
    """A host and a port, as `192.0.2.1:7443`, `north.example:7443` or `[2001:db8::1]:7443`.

    Raises:
        ValueError: it is none.
    """

    __slots__ = ("host", "port")

    host: str
    port: int

    def __new__(cls, text: str) -> Address:
        self = super().__new__(cls, text)
        host, _, port = text.rpartition(":")
        bracketed = host.startswith("[") and host.endswith("]")
        if not host or not bare_host(host[1:-1] if bracketed else host) or (":" in host) != bracketed:
            raise ValueError("has no host and port")
        if not (port.isascii() and port.isdecimal() and len(port) <= 5 and 1 <= int(port) <= 65_535):
            raise ValueError("has no port from 1 to 65535")
        self.host, self.port = host[1:-1] if bracketed else host, int(port)
        return self


class StorePlace(str):
    """Where a store is: a file's path, or `postgresql://…`."""

    __slots__ = ()


def bare_host(host: str) -> bool:
    """Whether this can be a host's name or address: printable ASCII without what separates parts of a URL."""
    return host.isascii() and host.isprintable() and not set(host) & set(" /@?#[]\\\"'")


@dataclass
class Reader:
    """Reads one file. `folder` is what relative paths start from; `mistakes` gathers (line, sentence)."""

    name: str
    lines: Mapping[toml_lines.Path, int]
    folder: Path
    mistakes: list[tuple[int, str]] = field(default_factory=list)

    def mistake(self, path: toml_lines.Path, what: str, allowed: str) -> None:
        """Note that `path` is wrong; `what` is a sentence part such as "is missing"."""
        line = toml_lines.line_of(self.lines, path)
        self.mistakes.append(
            (line, f"{self.name}, line {line}: {_place(path)}: {on_one_line(what)}; allowed there: {allowed}")
        )

    def refuse(self) -> None:
        """Tell what was gathered, in the order of the file.

        Raises:
            Misuse: there were mistakes.
        """
        if not self.mistakes:
            return
        told = [sentence for _, sentence in sorted(self.mistakes)]
        more = [f"and {len(told) - _TOLD_MAX} more"] if len(told) > _TOLD_MAX else []
        step = "Correct that line." if len(told) == 1 else "Correct these lines."
        raise Misuse("\n".join([*told[:_TOLD_MAX], *more]), next_step=f"{step} docs/station.md explains every key.")

    def struct(self, path: toml_lines.Path, cls: type[S], value: Any) -> S | None:
        """The Struct that the table `value` makes; None if it has mistakes, which are noted."""
        fields = {x.encode_name: x for x in msgspec.structs.fields(cls)}
        if type(value) is not dict:
            self.mistake(path, f"{shown(value)} is not a table", f"a table with {', '.join(fields)}")
            return None
        before = len(self.mistakes)
        meant: list[str] = []
        for key in value:
            if key not in fields:
                near = difflib.get_close_matches(key, list(fields), 1, _NEAR)
                guess = f' (did you mean "{near[0]}"?)' if near else ""
                self.mistake((*path, key), f"is unknown{guess}", ", ".join(fields))
                meant += near
        row: dict[str, Any] = {}
        for key, x in fields.items():
            if key in value:
                row[x.name] = self._value((*path, key), x.type, value[key])
            elif x.required and key not in meant:  # one slip is told once
                self.mistake((*path, key), "is missing", allowed_text(x.type))
        return cls(**row) if len(self.mistakes) == before else None

    def _value(self, path: toml_lines.Path, of: Any, value: Any) -> Any:
        bare = _bare(of)
        if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
            return self.struct(path, bare, value)
        if get_origin(bare) is tuple and type(value) is list:
            item = get_args(bare)[0]
            if len(value) < max((x.min_length or 0 for x in _metas(of)), default=0):
                self.mistake(path, "has too few items", allowed_text(of))
            return tuple(self._value((*path, index), item, one) for index, one in enumerate(value))
        try:
            return msgspec.convert(value, of, dec_hook=self._custom)
        except msgspec.ValidationError:
            self.mistake(path, f"{shown(value)} is not allowed", allowed_text(of))
            return None

    def _custom(self, of: type, value: Any) -> Any:
        if type(value) is not str or not value or "\0" in value:
            raise ValueError("not text")
        if of is Path:
            return self.folder / value
        if of is StorePlace:
            return StorePlace(value if "://" in value else self.folder / value)
        return of(value)


def allowed_text(of: Any) -> str:
    """What a value of this type may be, in words."""
    for meta in _metas(of):
        if meta.extra and "allowed" in meta.extra:
            return str(meta.extra["allowed"])
    bare = _bare(of)
    if get_origin(bare) is Literal:
        return ", ".join(f'"{word}"' for word in get_args(bare))
    if get_origin(bare) is tuple:
        return f"an array, each item {allowed_text(get_args(bare)[0])}"
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return f"a table with {', '.join(x.encode_name for x in msgspec.structs.fields(bare))}"
    if bare is int:
        least = next((x.ge for x in _metas(of) if x.ge is not None), 0)
        most = next((x.le for x in _metas(of) if x.le is not None), 0)
        return f"a whole number from {least} to {most}"
    return _WORDS[bare]


_WORDS: Final[dict[Any, str]] = {
    str: "text of at least one character",
    bool: "true, false",
    Path: "the path of a file, from this file's folder or from /",
    Address: 'a host and a port, such as "192.0.2.1:7443", "north.example:7443" or "[2001:db8::1]:7443"',
    StorePlace: "the path of a file, or postgresql://user@host/database",
}


def schema(cls: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema of files that make a `cls`."""
    of_text: Callable[[type], dict[str, Any]] = lambda of: (  # noqa: E731
        {"type": "string", "minLength": 1} | ({"pattern": ":[0-9]{1,5}$"} if of is Address else {})
    )
    return msgspec.json.schema(cls, schema_hook=of_text)


def _bare(of: Any) -> Any:
    """A type without what annotates it, and without the None of an optional one."""
    if get_origin(of) is Annotated:
        return _bare(get_args(of)[0])
    if get_origin(of) in (Union, UnionType):
        return _bare(next(x for x in get_args(of) if x is not type(None)))
    return of


def _metas(of: Any) -> list[msgspec.Meta]:
    if get_origin(of) is Annotated:
        inner, *metas = get_args(of)
        return [*(x for x in metas if isinstance(x, msgspec.Meta)), *_metas(inner)]
    if get_origin(of) in (Union, UnionType):
        return [meta for x in get_args(of) for meta in _metas(x)]
    return []


def description(of: Any) -> str:
    """What a key is for, from its annotation."""
    return next((x.description for x in _metas(of) if x.description), "")


def _place(path: toml_lines.Path) -> str:
    """`[station], key side`; `[[carrier]] 2, key listen`; `the file, key carrier`."""
    table, *within = path
    if within and isinstance(within[0], int):
        place, within = f"[[{table}]] {within[0] + 1}", within[1:]
    elif within:
        place = f"[{table}]"
    else:
        place, within = "the file", [table]
    if not within:
        return place
    keys = [part for part in within if isinstance(part, str)]
    items = f", item {within[-1] + 1}" if isinstance(within[-1], int) else ""
    return f"{place}, key {on_one_line('.'.join(keys))}{items}"
