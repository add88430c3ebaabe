"""What a run with full counts says while it lasts, and the table it leaves: reports/soak.txt.

Rules of this file: a test says by `counted` what it did and how often; the table is written anew after every test, so
that a run that is cut short leaves what it had; nothing here decides what passes.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from hypothesis import is_hypothesis_test, settings

REPORT: Final = Path(__file__).parent.parent / "reports/soak.txt"
PROPERTY: Final = "counted"
TELL_S: Final = 10.0  # a test that took so long is told while the others run

Counted = Callable[[int, str], None]


@dataclass
class File:
    """What the tests of one file came to."""

    outcomes: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def told(self) -> str:
        return "; ".join(f"{count:,} {what}" for what, count in self.counts.items())


class Soaking:
    """A pytest plugin of the process that hands the tests out."""

    def __init__(self, say: Callable[[str], None], report: Path = REPORT) -> None:
        self.say = say
        self.report = report
        self.files: dict[str, File] = defaultdict(File)
        self.begun, self.begun_s = time.strftime("%Y-%m-%d %H:%M"), time.monotonic()
        self.done = 0
        self.latest: Counter[str] = Counter()  # test → seconds so far

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file = self.files[report.nodeid.split("::")[0]]
        file.seconds += report.duration
        self.latest[report.nodeid] += report.duration
        if report.failed:
            self.say(f"FAILED {report.nodeid} ({report.when})")
        if report.when == "call" or report.outcome != "passed":
            file.outcomes[report.outcome] += 1
        if report.when != "teardown":
            return
        counts = [str(value).partition(" ") for name, value in report.user_properties if name == PROPERTY]
        for count, _, what in counts:
            file.counts[what] += int(count)
        self.done += 1
        seconds, told = self.latest.pop(report.nodeid), "; ".join(f"{int(n):,} {what}" for n, _, what in counts)
        if told or seconds >= TELL_S:
            self.say(f"{self.done} done: {report.nodeid}: {seconds:,.0f} s{told and ': '}{told}")
        self._write("not over yet")

    @pytest.hookimpl
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._write("passed" if exitstatus == 0 else f"failed (exit {int(exitstatus)})")

    def _write(self, how: str) -> None:
        self.report.parent.mkdir(exist_ok=True)
        self.report.write_text(self.table(how), encoding="utf-8")

    def table(self, how: str) -> str:
        """A row a file, those with counts first, and the sum."""
        wide = max(map(len, self.files), default=0)
        head = f"{'file':<{wide}}  {'passed':>7}  {'failed':>7}  {'skipped':>7}  {'seconds':>8}  counted"
        rows = [head]
        for name, file in sorted(self.files.items(), key=lambda each: (not each[1].counts, each[0])):
            came = "  ".join(f"{file.outcomes[x]:>7}" for x in ("passed", "failed", "skipped"))
            rows.append(f"{name:<{wide}}  {came}  {file.seconds:>8.0f}  {file.told}".rstrip())
        spent = time.monotonic() - self.begun_s
        return "\n".join([f"soak, begun {self.begun}: {self.done} tests in {spent:,.0f} s: {how}", "", *rows, ""])


def examples(item: pytest.Item) -> int:
    """How many examples hypothesis is to try for this test; 0 where it is none of its."""
    if not isinstance(item, pytest.Function):
        return 0
    of_class = getattr(item.cls, "settings", None)
    if isinstance(of_class, settings):
        return of_class.max_examples
    if not is_hypothesis_test(item.obj):
        return 0
    return int(getattr(item.obj, "_hypothesis_internal_use_settings", settings()).max_examples)
