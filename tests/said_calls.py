"""What the source says to people: every call of `say`, and every error made of bare text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import openline
from openline.wire import errors

SOURCE = Path(openline.__file__).parent
SAYING = sorted(path for path in SOURCE.rglob("*.py") if "wire.said import" in path.read_text())
ERRORS = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, Exception)} | {
    "Damaged", "Undelivered", "Unreachable",
}  # fmt: skip


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a plain name in a file, with where it stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield f"{path.relative_to(SOURCE)}:{node.lineno}", node


def calls_of_say() -> list[tuple[str, ast.Call]]:
    return [
        (where, call) for path in SAYING for where, call in calls(path)
        if isinstance(call.func, ast.Name) and call.func.id == "say"
    ]  # fmt: skip


def templates() -> set[str]:
    """Every template of the source."""
    return {call.args[0].value for _, call in calls_of_say() if isinstance(call.args[0], ast.Constant)}


def bare(path: Path) -> list[str]:
    """Where a file makes an error of text that no catalogue can have."""
    found = []
    for where, call in calls(path):
        if isinstance(call.func, ast.Name) and call.func.id in ERRORS:
            texts = [*call.args[:1], *(each.value for each in call.keywords if each.arg == "next_step")]
            if any(isinstance(text, ast.JoinedStr | ast.Constant | ast.BinOp) for text in texts):
                found.append(where)
    return found
