"""`openline vectors`: says of every file whether this release agrees with it, and fails where one does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from openline.cli.main import cli
from openline.cli.vectors_files import edited

GOOD: dict[str, Any] = {
    "name": "cbor-true", "spec": "3.1", "what": "True.", "kind": "cbor", "verdict": "accept",
    "input": {"data": "f5"}, "expected": {"value": True},
}  # fmt: skip
BAD: dict[str, Any] = {
    **GOOD, "name": "cbor-undefined", "verdict": "reject", "reject_as": "malformed", "input": {"data": "f7"},
    "expected": {},
}  # fmt: skip


def put(folder: Path, vector: dict[str, Any]) -> None:
    path = folder / vector["verdict"] / f"{vector['name']}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(vector))


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["vectors", str(folder), *words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A vector to be accepted and one to be rejected."""
    put(tmp_path, GOOD)
    put(tmp_path, BAD)
    return tmp_path


def test_vectors_that_hold(folder: Path) -> None:
    """A table by kind and a sentence; exit 0."""
    result = run(folder)
    assert result.exit_code == 0
    assert result.output.splitlines()[1].split() == ["cbor", "1", "1"]
    assert result.output.endswith("2 vectors: each is accepted or rejected as it says\n")


def test_the_same_for_programs(folder: Path) -> None:
    """--json gives one object with the counts."""
    facts = json.loads(run(folder, "--json").output)
    assert facts == {
        "checked": 2, "agree": 2, "not_checked": [], "differ": {}, "kinds": {"cbor": {"accept": 1, "reject": 1}},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"input": {"data": "f7"}}, "rejected as malformed; it says: accepted"),
        ({"expected": {"value": False}}, "value was read as true; it says false"),
        ({"expected": {"other": 1}}, "other was read as null; it says 1"),
        ({"kind": "new"}, "not checked here: this release does not know its kind"),
    ],
)
def test_a_vector_that_does_not_hold(folder: Path, change: dict[str, Any], said: str) -> None:
    """It is named with what was said of it; exit 5."""
    put(folder, {**GOOD, **change})
    result = run(folder)
    assert result.exit_code == 5
    assert result.output.splitlines()[0] == f"accept/cbor-true: {said}"
    assert result.output.endswith("2 vectors: 1 are not\n")


def test_an_unknown_kind_is_named_for_programs(folder: Path) -> None:
    """A vector that was not checked is not counted as checked."""
    put(folder, {**GOOD, "kind": "new"})
    facts = json.loads(run(folder, "--json").output)
    assert (facts["checked"], facts["agree"], facts["not_checked"]) == (1, 1, ["cbor-true"])


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        '{"name": "cbor-true"}',
        json.dumps({**GOOD, "name": "another"}),
        json.dumps({**GOOD, "verdict": "reject"}),
        json.dumps({**GOOD, "reject_as": "malformed"}),
        json.dumps({**GOOD, "input": {}}),
        json.dumps({**GOOD, "input": {"data": 5}}),
        json.dumps({**GOOD, "input": {"data": "f"}}),
        json.dumps({**GOOD, "input": {"data": {"of": "nothing", "field": "data"}}}),
        json.dumps({**GOOD, "input": {"data": {"of": "cbor-true", "field": "data"}}}),
        json.dumps({**GOOD, "input": {"data": {"of": "cbor-undefined", "field": "data", "edits": [[1, 1, ""]]}}}),
    ],
)
def test_a_file_that_is_no_vector(folder: Path, text: str) -> None:
    """It is our own user's to mend: exit 2, with the file's name."""
    (folder / "accept/cbor-true.json").write_text(text)
    result = run(folder)
    assert result.exit_code == 2
    assert "cbor-true" in result.output


def test_a_folder_without_vectors(tmp_path: Path) -> None:
    """Nothing to check is not everything in order: exit 2."""
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "no vectors here" in result.output


def test_a_reference_with_edits(folder: Path) -> None:
    """Bytes may be those of another vector with something changed."""
    data = {"of": "cbor-undefined", "field": "data", "edits": [[0, 1, "f5"]]}
    put(folder, {**GOOD, "input": {"data": data}})
    assert run(folder).exit_code == 0


def test_edits_are_made_at_offsets_of_the_original() -> None:
    """Edits ascend; each puts bytes where others were, or between."""
    data = bytes(range(6))
    assert edited(data, [(0, 0, "ff"), (1, 2, ""), (5, 1, "aabb")]).hex() == "ff000304aabb"
    with pytest.raises(ValueError, match="overlap"):
        edited(data, [(2, 2, ""), (3, 1, "")])
    with pytest.raises(ValueError, match="overlap"):
        edited(data, [(5, 2, "")])
