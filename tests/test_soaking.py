"""What a run with full counts leaves behind, and how tests are handed out."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from tests.soaking import PROPERTY, Soaking, examples
from tests.unit.wire import test_cbor

KILL = "tests/integration/test_kill.py::test_killed"


def report(
    name: str, outcome: Literal["passed", "failed"], when: Literal["setup", "call", "teardown"], *counted: str
) -> pytest.TestReport:
    properties: list[tuple[str, object]] = [(PROPERTY, each) for each in counted]
    return pytest.TestReport(name, ("", 0, ""), {}, outcome, None, when, user_properties=properties, duration=10.0)


def run(soaking: Soaking, name: str, outcome: Literal["passed", "failed"], *counted: str) -> None:
    soaking.pytest_runtest_logreport(report(name, "passed", "setup"))
    soaking.pytest_runtest_logreport(report(name, outcome, "call"))
    soaking.pytest_runtest_logreport(report(name, "passed", "teardown", *counted))


def test_each_file_has_a_row_with_what_was_counted(tmp_path: Path) -> None:
    """Outcomes, seconds, and what its tests said they did, added up; those with counts first. Each test is told."""
    said: list[str] = []
    soaking = Soaking(said.append, tmp_path / "reports/soak.txt")
    run(soaking, "tests/a.py::test_plain", "failed")
    run(soaking, f"{KILL}[1]", "passed", "200 kills", "1000 messages acknowledged")
    run(soaking, f"{KILL}[2]", "passed", "100 kills")
    soaking.pytest_sessionfinish(1)

    rows = soaking.report.read_text().splitlines()

    assert "3 tests in " in rows[0]
    assert rows[0].endswith("failed (exit 1)")
    assert rows[3].split() == [
        "tests/integration/test_kill.py", "2", "0", "0", "60", "300", "kills;", "1,000", "messages", "acknowledged",
    ]  # fmt: skip
    assert rows[4].split() == ["tests/a.py", "0", "1", "0", "30"]
    assert said == [
        "FAILED tests/a.py::test_plain (call)",
        "1 done: tests/a.py::test_plain: 30 s",
        f"2 done: {KILL}[1]: 30 s: 200 kills; 1,000 messages acknowledged",
        f"3 done: {KILL}[2]: 30 s: 100 kills",
    ]


def test_a_run_that_is_cut_short_leaves_what_it_had(tmp_path: Path) -> None:
    """The table is there after every test, and says that it was not the end."""
    soaking = Soaking(lambda _: None, tmp_path / "soak.txt")
    run(soaking, KILL, "passed", "200 kills")

    assert "not over yet" in soaking.report.read_text()
    assert "200 kills" in soaking.report.read_text()


def test_the_examples_of_a_property_are_counted(request: pytest.FixtureRequest) -> None:
    """Of a test that hypothesis runs, how many it is to try; of any other, none."""
    found = [value for name, value in vars(test_cbor).items() if hasattr(value, "is_hypothesis_test")]
    named = next(value.__name__ for value in found)
    module = pytest.Module.from_parent(request.session, path=Path(str(test_cbor.__file__)))
    property_of = pytest.Function.from_parent(module, name=named)

    assert examples(property_of) > 0
    assert examples(request.node) == 0
