"""`openline vectors`: hold this release to the spec's test vectors (spec/vectors/README.md).

Rules of this file: every file is checked, whatever went before; a vector of a kind that this release does not know is
said to be not checked, and then the whole is not held to be in order.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from openline.cli.files import json_option
from openline.cli.vectors_checks import CHECKS, outcome
from openline.cli.vectors_files import VERDICTS, Vector, load

FOLDER: Final = Path("spec/vectors")
AGREES: Final = ""
NOT_CHECKED: Final = "not checked here: this release does not know its kind"
DOES_NOT_VERIFY: Final = 5


class Checked(NamedTuple):
    """A vector and what is wrong with what was said of it: `AGREES`, `NOT_CHECKED` or a sentence."""

    vector: Vector
    said: str


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=FOLDER, metavar="[DIR]")
@json_option
@click.pass_context
def vectors(ctx: click.Context, folder: Path, as_json: bool) -> None:
    """Check every test vector in DIR (spec/vectors) with this release's own code.

    Exit 0 if each was accepted or rejected as it says, 5 if one was not.
    """
    checked = [Checked(vector, said_of(vector)) for vector in load(folder)]
    if as_json:
        click.echo(json.dumps(summary(checked)))
    else:
        for line in report(checked):
            click.echo(line)
    if any(one.said for one in checked):
        ctx.exit(DOES_NOT_VERIFY)


def said_of(vector: Vector) -> str:
    """Where this release's word on a vector differs from the vector's own.

    Raises:
        Misuse: the file is no vector of its kind.
    """
    if vector.kind not in CHECKS:
        return NOT_CHECKED
    found = outcome(vector)
    if found.reject_as != vector.reject_as:
        return f"{_verdict(found.reject_as)}; it says: {_verdict(vector.reject_as)}"
    for name, value in vector.expected.items():
        if found.facts.get(name) != value:
            return f"{name} was read as {json.dumps(found.facts.get(name))}; it says {json.dumps(value)}"
    return AGREES


def _verdict(reject_as: str) -> str:
    return f"rejected as {reject_as}" if reject_as else "accepted"


def summary(checked: Iterable[Checked]) -> dict[str, Any]:
    """The same facts for programs."""
    checked = list(checked)
    return {
        "checked": sum(one.said != NOT_CHECKED for one in checked),
        "agree": sum(one.said == AGREES for one in checked),
        "not_checked": [one.vector.name for one in checked if one.said == NOT_CHECKED],
        "differ": {one.vector.name: one.said for one in checked if one.said not in (AGREES, NOT_CHECKED)},
        "kinds": {kind: dict(zip(VERDICTS, counts, strict=True)) for kind, counts in _kinds(checked)},
    }


def report(checked: list[Checked]) -> list[str]:
    """What differs, then a table by kind, then the sum in words."""
    lines = [f"{one.vector.verdict}/{one.vector.name}: {one.said}" for one in checked if one.said]
    lines += ["", f"{'kind':<22}{'accept':>8}{'reject':>8}"] if lines else [f"{'kind':<22}{'accept':>8}{'reject':>8}"]
    lines += [f"{kind:<22}{accepted:>8}{rejected:>8}" for kind, (accepted, rejected) in _kinds(checked)]
    agree = sum(one.said == AGREES for one in checked)
    tail = "each is accepted or rejected as it says" if agree == len(checked) else f"{len(checked) - agree} are not"
    return [*lines, "", f"{len(checked)} vectors: {tail}"]


def _kinds(checked: list[Checked]) -> list[tuple[str, tuple[int, int]]]:
    counts = Counter((one.vector.kind, one.vector.verdict) for one in checked)
    kinds = dict.fromkeys(one.vector.kind for one in sorted(checked, key=lambda one: one.vector.kind))
    return [(kind, (counts[kind, "accept"], counts[kind, "reject"])) for kind in kinds]
