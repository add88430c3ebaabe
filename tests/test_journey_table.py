"""The journey is told once: `openline.journey`, the table in ARCHITECTURE.md and the code itself say the same."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from openline.journey import STAGES, Stage

ROOT = Path(__file__).parent.parent
# Where the type that a stage gives goes into the turn's effects instead of coming back.
INTO_THE_TURN = {"station.desk.Desk.show"}


def found(path: str) -> Any:
    """What a path below `openline` names: a class, a function, a method; a builtin by its own name."""
    parts = path.split(".")
    if len(parts) == 1:
        return __builtins__[path] if isinstance(__builtins__, dict) else getattr(__builtins__, path)
    module = importlib.import_module(f"openline.{'.'.join(parts[:2])}")
    thing: Any = module
    for part in parts[2:]:
        thing = getattr(thing, part)
    return thing


def rows() -> list[list[str]]:
    """The journey's table in ARCHITECTURE.md, without its head."""
    page = (ROOT / "ARCHITECTURE.md").read_text()
    [block] = [x for x in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE) if x.startswith("| stage |")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()[2:]]


def by_name(stage: Stage) -> str:
    return stage.name


def test_architecture_shows_the_same_stages():
    """Stage by stage: name, module first named, section, test, proof."""
    shown = [
        (name, re.findall(r"`([^`]+)`", modules)[0], spec, test.strip("`"), proof)
        for name, modules, spec, test, proof in rows()
    ]

    assert shown == [(x.name, x.module, x.spec, x.test, x.proof) for x in STAGES]


@pytest.mark.parametrize("stage", STAGES, ids=by_name)
def test_a_stage_is_what_the_code_has(stage):
    """The types exist, the function exists and gives back the type that the stage gives."""
    taken = found(stage.takes)
    function = found(stage.by)

    assert taken is not None
    assert inspect.isfunction(function)
    expected = type(None) if stage.by in INTO_THE_TURN else found(stage.gives)
    assert get_type_hints(function, vars(importlib.import_module(function.__module__)))["return"] is expected
    assert (ROOT / "src/openline" / stage.module).is_file()


def test_one_stage_goes_on_where_the_other_ends():
    """Released follows composed, recorded follows released: in one station no type lies between."""
    composed, released, recorded = STAGES[:3]

    assert composed.gives == released.takes
    assert released.gives == recorded.takes


def test_a_newcomer_reads_it_on_one_screen():
    """The file begins with START HERE, and its words before the table fit a screen."""
    source = (ROOT / "src/openline/journey.py").read_text()

    assert source.startswith('"""START HERE')
    assert len(source.split("STAGES: Final")[0].splitlines()) <= 50
