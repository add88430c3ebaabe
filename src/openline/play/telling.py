"""What the player says: a readable transcript, and the same as JSON (spec 12.7).

Rules of this file: times are shown in the scenario's zone; a failed step says what was expected, what was found and
where in the file; no hash is shown anywhere, so the same seed tells the same story.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from openline.play.engine import Outcome
from openline.play.scenario import Do, Expect, FaultStep, Scenario, Step


class Teller:
    """Tells a play as it runs."""

    def __init__(self, scenario: Scenario, *, quiet: bool = False) -> None:
        self.scenario = scenario
        self.zone = ZoneInfo(scenario.zone)
        self.quiet = quiet
        self._day = ""
        self._failed: Outcome | None = None

    def begin(self) -> None:
        self._say(click.style(self.scenario.title, bold=True))

    def tell(self, outcome: Outcome) -> None:
        if not outcome.ok:
            self._failed = outcome
        day, time = self._when(outcome.step)
        if day != self._day:
            self._day = day
            self._say(click.style(f"\n{day}", underline=True))
        if outcome.step.note:
            mark = click.style(" (invented)", dim=True) if outcome.step.invented else ""
            self._say(f"  {time}  {click.style(outcome.step.note, bold=True)}{mark}")
        self._say(f"  {time}  {self._line(outcome)}")

    def end(self, ok: bool) -> None:
        if ok:
            self._say(click.style(f"\nAll {len(self.scenario.steps)} steps held.", fg="green"))
        elif self._failed is not None:
            self._say(click.style("\n" + failure(self.scenario, self._failed), fg="red"))

    def _say(self, text: str) -> None:
        if not self.quiet:
            click.echo(text)

    def _when(self, step: Step) -> tuple[str, str]:
        local = datetime.fromtimestamp(step.at_ms / 1000, self.zone)
        return local.strftime("%A %d %B %Y"), local.strftime("%H:%M:%S")

    def _line(self, outcome: Outcome) -> str:
        action = outcome.step.action
        if isinstance(action, Do):
            text = f"{self.scenario.sides[action.by]}: {action.verb}{describe(self.scenario, action.args)}"
            if outcome.refused:
                return f"{text}  {click.style('refused', fg='yellow')}: {outcome.refused}"
            return f"{text}  {click.style(outcome.text, fg='yellow')}" if outcome.text else text
        if isinstance(action, FaultStep):
            return click.style(f"fault: {fault_text(self.scenario, action)}", fg="magenta")
        return self._expect(outcome, action)

    def _expect(self, outcome: Outcome, action: Expect) -> str:
        where = [self.scenario.sides[action.side]]
        if action.line is not None:
            where.append(self.scenario.lines[action.line].id)
        if action.ref is not None:
            where.append(action.ref)
        parts = []
        for name, expected, found, holds in outcome.found:
            mark = click.style("✓", fg="green") if holds else click.style(f"✗ expected {expected}, found", fg="red")
            parts.append(f"{name} {mark} {found}")
        return f"{' · '.join(where)}: {', '.join(parts)}"


def describe(scenario: Scenario, args: dict[str, Any]) -> str:
    """The arguments of a `do`, as a person reads them; what is at its default is left out."""
    parts = []
    for name, value in args.items():
        if name == "lines":
            parts.append("*" if value is None else " ".join(scenario.lines[n].id for n in value))
        elif name == "line":
            parts.append("*" if value is None else scenario.lines[value].id)
        elif name in ("effective", "from_s", "expires") and value:
            parts.append(f"{name.removesuffix('_s')} {_local(scenario, value)}")
        elif name in ("ref", "reason", "mode", "name", "source") and value:
            parts.append(str(value))
        elif name == "text" and isinstance(value, str):
            parts.append(f"“{value}”")
        elif name == "precedence" and value:
            parts.append(value.name)
        elif name == "to":
            parts.append(f"to {scenario.principals[value.side][value.number]}")
    return "".join(f" {p}" for p in parts)


def _local(scenario: Scenario, instant_s: int) -> str:
    return datetime.fromtimestamp(instant_s, ZoneInfo(scenario.zone)).strftime("%Y-%m-%d %H:%M")


def fault_text(scenario: Scenario, fault: FaultStep) -> str:
    parts = [fault.kind.replace("_", " ")]
    if fault.carrier is not None:
        parts.append(scenario.carriers[fault.carrier].id)
    if fault.side is not None:
        parts.append(scenario.sides[fault.side])
    parts += [f"{name} {value}" for name, value in fault.args.items()]
    return " ".join(parts)


def failure(scenario: Scenario, outcome: Outcome) -> str:
    """Which step did not hold, what was found, and why."""
    step = outcome.step
    head = f"Step {step.number} (line {step.line} of the file) did not hold"
    if outcome.refused:
        return f"{head}: refused, and no expect foresaw it: {outcome.refused}"
    wrong = "; ".join(
        f"{name}: expected {expected}, found {found}" for name, expected, found, holds in outcome.found if not holds
    )
    return f"{head}: {wrong}"


def as_json(scenario: Scenario, seed: int, outcomes: Sequence[Outcome]) -> str:
    """The transcript as one JSON object."""
    failed = next((o for o in outcomes if not o.ok), None)
    return json.dumps(
        {
            "title": scenario.title,
            "seed": seed,
            "ok": failed is None,
            "steps": [_plain(scenario, outcome) for outcome in outcomes],
            "failure": None if failed is None else failure(scenario, failed),
        },
        ensure_ascii=False,
        indent=1,
    )


def _plain(scenario: Scenario, outcome: Outcome) -> dict[str, Any]:
    step, action = outcome.step, outcome.step.action
    plain: dict[str, Any] = {
        "step": step.number,
        "at": datetime.fromtimestamp(step.at_ms / 1000, UTC).isoformat().replace("+00:00", "Z"),
        "ok": outcome.ok,
    }
    if isinstance(action, Do):
        plain |= {"by": scenario.sides[action.by], "do": action.verb, "refused": outcome.refused or None}
        if isinstance(action.args.get("ref"), str):
            plain["ref"] = action.args["ref"]
    elif isinstance(action, FaultStep):
        plain["fault"] = fault_text(scenario, action)
    else:
        plain |= {
            "side": scenario.sides[action.side],
            "expect": {name: expected for name, expected, _, _ in outcome.found},
            "found": {name: found for name, _, found, _ in outcome.found},
        }
    return plain
