"""The spec's vectors: made anew they are the same, and two verifiers that share no code say of each what it says."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from openline.cli.vectors import said_of
from openline.cli.vectors_checks import CHECKS, REJECTED_AS
from openline.cli.vectors_files import load
from spec.vectors import generate
from tests.test_docs import sections
from tests.vectors.node import VECTORS, VERIFIER, verdicts, verify

# WebCrypto has neither ChaCha20-Poly1305 nor ML-KEM; on what a courier carries no verdict rests.
NOT_CHECKED_IN_JAVASCRIPT = {"bundle", "letter", "load-file", "qr-codes"}
OTHER_REASONS = {"gap", "fork", "no-effect", "proves-nothing", "does-not-verify"}


def committed() -> dict[str, str]:
    paths = [VECTORS / "kept.json", *VECTORS.glob("accept/*"), *VECTORS.glob("reject/*")]
    return {path.relative_to(VECTORS).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def plain() -> list[dict[str, Any]]:
    return [json.loads(text) for name, text in committed().items() if name != "kept.json"]


def test_vectors_made_anew_are_the_same() -> None:
    """The generator gives every committed file byte for byte, and no other; what is random by nature still holds."""
    made, kept = generate.files(), committed()
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []


def test_this_release_says_what_each_vector_says() -> None:
    """Our own code accepts and rejects every vector as it says, and reads from it what it says."""
    assert {vector.name: said for vector in load(VECTORS) if (said := said_of(vector))} == {}


def test_javascript_says_what_each_vector_says() -> None:
    """The second verifier gives the same verdict, reason and facts on every file; what it does not check it names."""
    found, vectors = verdicts(), load(VECTORS)
    assert found["differ"] == []
    assert found["not_checked"] == [x.name for x in vectors if x.kind in NOT_CHECKED_IN_JAVASCRIPT]
    said = {file: (one["said"], one["as"]) for file, one in found["files"].items() if one["said"]}
    checked = [x for x in vectors if x.kind not in NOT_CHECKED_IN_JAVASCRIPT]
    assert said == {f"{x.verdict}/{x.name}.json": (x.verdict, x.reject_as) for x in checked}


def test_every_vector_is_named_for_its_kind_and_says_what_it_is() -> None:
    """A file's name begins with its kind; a sentence says the promise or the failure; its sections are in the spec."""
    known = sections()
    for vector in plain():
        assert vector["name"].startswith(vector["kind"]), vector["name"]
        assert re.fullmatch(r"[A-Z].*\.", vector["what"]), vector["name"]
        assert set(vector["spec"].split(", ")) <= known, vector["name"]
        assert re.fullmatch(r"[a-z0-9-]+", vector["name"])


def test_every_kind_has_both_verdicts() -> None:
    """Nothing is only ever accepted: each check, but for plain computations, is shown what it has to reject."""
    counts = Counter((vector["kind"], vector["verdict"]) for vector in plain())
    kinds = {vector["kind"] for vector in plain()}
    assert kinds == set(CHECKS)
    assert {kind for kind in kinds if not counts[kind, "reject"]} == {"tree", "psk"}
    assert {kind for kind in kinds if not counts[kind, "accept"]} == set()


def test_every_reason_is_in_the_readme() -> None:
    """As what a vector is rejected is one of few words, each explained beside the vectors, and each used."""
    readme = (VECTORS / "README.md").read_text()
    table = readme.split("| `reject_as` | |")[1].split("\n\n")[0]
    explained = set(re.findall(r"`([a-z-]+)`", table))
    assert explained == set(REJECTED_AS.values()) | OTHER_REASONS
    assert {vector["reject_as"] for vector in plain() if "reject_as" in vector} == explained


def test_every_kind_is_in_the_readme() -> None:
    """Whoever writes a third checker finds the inputs of every kind in one table."""
    table = (VECTORS / "README.md").read_text().split("## Kinds")[1].split("## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {kind for row in rows for kind in re.findall(r"`([a-z0-9-]+)`", row)} == set(CHECKS)


def test_the_verifiers_share_nothing() -> None:
    """The second verifier imports its own files, Node's files and zlib, and one library, for ML-DSA alone."""
    imported: dict[str, set[str]] = {}
    for file in VERIFIER.glob("*.mjs"):
        for name in re.findall(r'\b(?:from|import)\s*\(?\s*"([^"]+)"', file.read_text()):
            imported.setdefault(name, set()).add(file.name)
    outside = {name: files for name, files in imported.items() if not name.startswith("./")}
    assert outside.pop("@noble/post-quantum/ml-dsa.js") == {"mldsa.mjs"}
    assert set(outside) == {"node:fs", "node:path", "node:readline", "node:zlib"}
    assert all((VERIFIER / name).is_file() for name in imported if name.startswith("./"))


def test_the_lock_names_no_place_and_every_hash() -> None:
    """npm installs exactly these files, from wherever the machine gets its packages."""
    lock = json.loads((VERIFIER / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert packages
    assert [name for name, one in packages.items() if "resolved" in one or "integrity" not in one] == []
    assert lock["packages"][""]["dependencies"] == {"@noble/post-quantum": "0.7.1"}


# --- the checkers can fail ---


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A few vectors, to be falsified."""
    for name in ("accept/accord-least", "accept/cbor-empty-values", "reject/cbor-undefined", "accept/bundle-follower"):
        path = tmp_path / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        shutil.copy(VECTORS / f"{name}.json", path)
    return tmp_path


def falsify(path: Path, **change: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("accept/cbor-empty-values", {"input": {"data": "f7"}}),
        ("accept/cbor-empty-values", {"expected": {"value": None}}),
        ("reject/cbor-undefined", {"input": {"data": "f6"}}),
        ("reject/cbor-undefined", {"reject_as": "bad-signature"}),
        ("accept/accord-least", {"expected": {"digits": "00000"}}),
    ],
    ids=["rejected", "read otherwise", "accepted", "rejected as another", "other digits"],
)
def test_a_false_vector_is_found_by_both(folder: Path, name: str, change: dict[str, Any]) -> None:
    """A vector that says another verdict, reason or fact than it should is named by each verifier, and only that."""
    assert verdicts(folder)["differ"] == []
    falsify(folder / f"{name}.json", **change)
    own = Path(name).name
    assert verdicts(folder, code=1)["differ"] == [own]
    assert [vector.name for vector in load(folder) if said_of(vector)] == [own]


def test_a_kind_that_javascript_does_not_know_is_named(folder: Path) -> None:
    """Nothing is passed over in silence: a vector of an unknown kind is counted as not checked."""
    falsify(folder / "accept/cbor-empty-values.json", kind="from-a-later-release")
    assert verdicts(folder)["not_checked"] == ["bundle-follower", "cbor-empty-values"]


def test_the_table_counts_what_is_not_checked() -> None:
    """The plain command prints a row for each kind and says how many files it left to the other verifier."""
    lines = verify(VECTORS).splitlines()
    unchecked = sum(vector.kind in NOT_CHECKED_IN_JAVASCRIPT for vector in load(VECTORS))
    assert lines[-1].endswith(f"0 not, {unchecked} not checked here")
    assert {line.split()[0] for line in lines[1:-2]} == set(CHECKS)
