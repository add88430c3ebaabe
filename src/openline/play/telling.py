"""What the player says: a readable, timed transcript, and the same as JSON (spec 12.7).

Rules of this file:
1. Times are shown in the scenario's zone; a time is shown once, and what happens at that time stands under it.
2. What is invented says so; what has a source names it.
3. A failed step says what was expected, what was found, where in the file, and what is known about why.
4. No hash is shown anywhere, so the same seed tells the same story.
"""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import click

from openline.core.wording import span
from openline.play.engine import Outcome, Player
from openline.play.reasons import why
from openline.play.scenario import Do, Expect, FaultStep, Person, Scenario, Step
from openline.play.tally import Between, Tally
from openline.wire import terms
from openline.wire.zones import zone

WIDTH_MAX: Final = 100
INDENT: Final = 11  # where what happened begins, behind its time
CALLS: Final = {
    terms.Outcome.ANSWERED: "answered",
    terms.Outcome.RANG_UNANSWERED: "rang and nobody answered",
    terms.Outcome.DECLINED: "declined",
    terms.Outcome.DEFERRED: "put off",
    terms.Outcome.INTERRUPTED: "broke off",
    terms.Outcome.NOT_RUNG: "never rang",
}


class Teller:
    """Tells a play as it runs. `quiet`: gathers what JSON wants, and prints nothing."""

    def __init__(self, player: Player, *, quiet: bool = False) -> None:
        self.player = player
        self.scenario = player.scenario
        self.quiet = quiet
        self.width = min(shutil.get_terminal_size((WIDTH_MAX, 24)).columns, WIDTH_MAX)
        self._tally = Tally(player)
        self._told: list[tuple[Outcome, Between]] = []
        self._day = self._time = ""
        self._why: list[str] = []

    def begin(self) -> None:
        scenario = self.scenario
        self._paragraph(scenario.title, bold=True)
        counts = [f"{len(part)} {name}" for name, part in (
            ("lines", scenario.lines), ("carriers", scenario.carriers), ("steps", scenario.steps),
        )]  # fmt: skip
        self._paragraph(f"{' and '.join(scenario.sides)} · {' · '.join(counts)} · {scenario.zone}", dim=True)

    def tell(self, outcome: Outcome) -> None:
        """Tell one step, after what happened by itself since the step before."""
        between = self._tally.since()
        self._told.append((outcome, between))
        if not outcome.ok:
            self._why = why(self.player, outcome)
        if self.quiet:
            return
        if between:
            self._say(" " * INDENT + click.style(f"┄ in {passed(between)}", dim=True))
        self._heading(outcome.step)
        for row in self._rows(outcome):
            self._say(row)

    def end(self, ok: bool) -> None:
        """Tell how it ended."""
        if ok:
            self._say(click.style(f"\nAll {len(self.scenario.steps)} steps held.", fg="green", bold=True))
        elif self._told:
            self._say("")
            self._paragraph(failure(self.scenario, self._told[-1][0]), fg="red", bold=True)
            for sentence in self._why:
                for row in textwrap.wrap(sentence, self.width, initial_indent="  · ", subsequent_indent="    "):
                    self._say(row)

    def as_json(self, seed: int) -> str:
        """The transcript as one JSON object."""
        failed = next((outcome for outcome, _ in self._told if not outcome.ok), None)
        plain = {
            "title": self.scenario.title,
            "seed": seed,
            "ok": failed is None,
            "steps": [_plain(self.scenario, outcome, between) for outcome, between in self._told],
            "failure": None if failed is None else failure(self.scenario, failed),
            "why": self._why,
        }
        return json.dumps(plain, ensure_ascii=False, indent=1)

    # ---- a step's lines

    def _say(self, text: str) -> None:
        if not self.quiet:
            click.echo(text)

    def _paragraph(self, text: str, **style: Any) -> None:
        for row in textwrap.wrap(text, self.width, break_on_hyphens=False):
            self._say(click.style(row, **style))

    def _heading(self, step: Step) -> None:
        local = datetime.fromtimestamp(step.at_ms / 1000, zone(self.scenario.zone))
        day = local.strftime("%A %-d %B %Y")
        if day != self._day:
            self._day, self._time = day, ""
            self._say("\n" + click.style(day, bold=True, underline=True))
        time = local.strftime("%H:%M:%S").removesuffix(":00")
        self._lead = f"  {'' if time == self._time else time:<{INDENT - 2}}"
        self._time = time

    def _rows(self, outcome: Outcome) -> Iterator[str]:
        step = outcome.step
        rows = [*self._note(step), *self._action(outcome)]
        yield click.style(self._lead, fg="cyan") + rows[0]
        yield from (" " * INDENT + row for row in rows[1:])

    def _note(self, step: Step) -> Iterator[str]:
        """The step's own words, then where they are from, on the last row if there is room."""
        wrapped = textwrap.wrap(step.note, self.width - INDENT)
        marked = ["(invented)"] if step.invented and "invented" not in step.note else []
        tail = " ".join([*marked, *([f"[{step.source}]"] if step.source else [])])
        if not wrapped or not tail:
            yield from (click.style(row, bold=True) for row in wrapped)
            return
        yield from (click.style(row, bold=True) for row in wrapped[:-1])
        if len(wrapped[-1]) + 1 + len(tail) <= self.width - INDENT:
            yield click.style(wrapped[-1], bold=True) + " " + click.style(tail, dim=True)
            return
        yield click.style(wrapped[-1], bold=True)
        yield from (click.style(row, dim=True) for row in textwrap.wrap(tail, self.width - INDENT))

    def _action(self, outcome: Outcome) -> Iterator[str]:
        action = outcome.step.action
        if isinstance(action, Expect):
            yield from self._expectation(outcome, action)
            return
        if isinstance(action, FaultStep):
            yield from self._wrapped(f"! {fault_text(self.scenario, action)}", fg="magenta")
        else:
            yield from self._wrapped(f"▸ {done(self.scenario, action)}", fg="blue")
        if outcome.refused:
            yield from self._wrapped(f"  refused: {outcome.refused}", fg="yellow")
        elif outcome.text:
            yield from self._wrapped(f"  {outcome.text}", fg="yellow")

    def _expectation(self, outcome: Outcome, expect: Expect) -> Iterator[str]:
        side = self.scenario.sides[expect.side]
        lane = " (safety lane)" if expect.lane is terms.Lane.SAFETY else ""
        seen = any(name in ("formal", "observed") for name, *_ in outcome.found)
        whose = f"{side} sees {self.scenario.lines[expect.line].id}{lane}" if seen and expect.line is not None else side
        parts = []
        for name, expected, found, holds in outcome.found:
            words = phrase(name, expected, expect.ref)
            parts.append(words if holds else f"{words} ✗ found {found}")
        mark, colour = ("✓", "green") if outcome.ok else ("✗", "red")
        yield from self._wrapped(f"{mark} {whose}: {' · '.join(parts)}", fg=colour)

    def _wrapped(self, text: str, fg: str) -> Iterator[str]:
        for row in textwrap.wrap(text, self.width - INDENT, subsequent_indent="  ", break_on_hyphens=False):
            yield click.style(row, fg=fg)


def title(scenario: Scenario, step: Step) -> str:
    """One step in a line: its own words, or else what is done there."""
    action = step.action
    if step.note:
        return step.note
    if isinstance(action, FaultStep):
        return fault_text(scenario, action)
    if isinstance(action, Do):
        return done(scenario, action)
    checks = (phrase(name, _named(scenario, value), action.ref) for name, value in action.checks)
    return f"{scenario.sides[action.side]}: {' · '.join(checks)}"


def done(scenario: Scenario, do: Do) -> str:
    """A `do`, and whose it is."""
    return f"{scenario.sides[do.by]}: {do.verb}{describe(scenario, do.args)}"


def _named(scenario: Scenario, value: Any) -> Any:
    return scenario.principals[value.side][value.number] if isinstance(value, Person) else value


def phrase(name: str, value: Any, ref: str | None) -> str:
    """A check as words that keep the scenario's own."""
    words = {
        "heads_equal": "both records end in the same heads",
        "refused": "refused",
        "formal": "agreed {0}",
        "observed": "observed {0}",
        "receipt": "{1} is {0}",
        "flag": "flag on {1}: {0}",
        "readable_by": "{1} opens with {0}'s key, and with no station's",
        "evidence": "proof of fault: {0}",
        "record": "its record: {0}",
        "announcement": "{1} {0}",
        "alarm": "alarm: {0}",
        "entries_min": "{0} entries or more",
    }
    return words[name].format(f"{value:,}" if name == "entries_min" else value, ref or "")


def passed(between: Between) -> str:
    """How long, and what became of the calls meanwhile."""
    total = between.calls.total()
    kinds = []
    for outcome, words in CALLS.items():
        count = between.calls[outcome]
        if outcome is terms.Outcome.ANSWERED and count == between.sealed:
            words = f"{words}, sealed by both"
        if count:
            kinds.append(f"{count:,} {words}" if count < total else words)
    if between.sealed and between.sealed != between.calls[terms.Outcome.ANSWERED]:
        kinds.append(f"{between.sealed:,} sealed by both")
    return f"{span(between.elapsed_ms)}: {total:,} call{'' if total == 1 else 's'}: {'; '.join(kinds)}"


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
        elif name == "travel":
            parts.append(f"travels {span(value)}")
        elif name == "reason" and value:
            parts.append(f"reason “{value}”")
        elif name == "text" and isinstance(value, str):
            parts.append(f"“{value}”")
        elif name in ("ref", "mode", "name", "source") and value:
            parts.append(str(value))
        elif name == "precedence" and value:
            parts.append(value.name)
        elif name == "to":
            parts.append(f"to {scenario.principals[value.side][value.number]}")
    return "".join(f" {p}" for p in parts)


def _local(scenario: Scenario, instant_s: int) -> str:
    return datetime.fromtimestamp(instant_s, zone(scenario.zone)).strftime("%Y-%m-%d %H:%M")


def fault_text(scenario: Scenario, fault: FaultStep) -> str:
    parts = [fault.kind.replace("_", " ")]
    if fault.carrier is not None:
        parts.append(scenario.carriers[fault.carrier].id)
    if fault.side is not None:
        parts.append(scenario.sides[fault.side])
    parts += [f"{name} {value}" for name, value in fault.args.items()]
    return " ".join(parts)


def failure(scenario: Scenario, outcome: Outcome) -> str:
    """Which step did not hold, and what was found."""
    step = outcome.step
    head = f"Step {step.number} (line {step.line} of the file) did not hold"
    if outcome.refused:
        return f"{head}: refused, and no expect foresaw it: {outcome.refused}"
    wrong = "; ".join(
        f"{name}: expected {expected}, found {found}" for name, expected, found, holds in outcome.found if not holds
    )
    return f"{head}: {wrong}"


def _plain(scenario: Scenario, outcome: Outcome, between: Between) -> dict[str, Any]:
    step, action = outcome.step, outcome.step.action
    plain: dict[str, Any] = {
        "step": step.number,
        "at": datetime.fromtimestamp(step.at_ms / 1000, UTC).isoformat().replace("+00:00", "Z"),
        "ok": outcome.ok,
    }
    if between:
        calls = {kind.name.lower(): between.calls[kind] for kind in CALLS if between.calls[kind]}
        plain["between"] = {"calls": calls, "sealed": between.sealed}
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


