"""Make every vector anew: `python -m spec.vectors.generate` from the root of the tree.

Writes accept/, reject/ and kept.json beside this file and removes vectors that it no longer makes. Equal inputs give
equal files, byte for byte (README.md says what is kept for that).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from spec.vectors.making import (
    accords,
    acts,
    cbor,
    chains,
    entries,
    exports,
    fields,
    hostile,
    keys,
    letters,
    loads,
    logs,
    notes,
    proofs,
    sealed,
)
from spec.vectors.making.kept import KEPT
from spec.vectors.making.vector import Vector

HERE: Final = Path(__file__).parent
MAKERS: Final[tuple[Callable[[], Iterator[Vector]], ...]] = (
    cbor.vectors,
    keys.vectors,
    entries.vectors,
    fields.vectors,
    accords.vectors,
    hostile.vectors,
    chains.vectors,
    acts.vectors,
    proofs.vectors,
    logs.vectors,
    notes.vectors,
    sealed.vectors,
    letters.vectors,
    loads.vectors,
    exports.vectors,
)


def files() -> dict[str, str]:
    """Every file by its path below this folder.

    Raises:
        ValueError: two vectors have one name.
    """
    made: dict[str, str] = {}
    names: set[str] = set()
    for vector in (vector for maker in MAKERS for vector in maker()):
        if vector.name in names:
            raise ValueError(f"two vectors are named {vector.name}")
        names.add(vector.name)
        made[vector.path] = vector.text()
    return {**made, "kept.json": KEPT.text()}


def write() -> None:
    """Write what is new or different; remove what is no longer made."""
    made = files()
    for path in [*HERE.glob("accept/*.json"), *HERE.glob("reject/*.json")]:
        if path.relative_to(HERE).as_posix() not in made:
            path.unlink()
    for name, text in made.items():
        path = HERE / name
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


if __name__ == "__main__":
    write()
