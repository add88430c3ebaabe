"""`openline doctor`: all that a technician would look at, a line each, with what to do.

Rules of this file: it changes nothing, and runs beside a running station or without one; a *problem* keeps the station
from its work or loses something, a *warning* will one day.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from openline.carriers.relay_check import Finding, Outcome
from openline.cli.asking import DEFAULT, ENVIRONMENT
from openline.cli.files import FILE, for_terminal, json_option

PROBLEM: Final = 1
MARKS: Final = {Outcome.OK: "ok     ", Outcome.WARNING: "warning", Outcome.PROBLEM: "PROBLEM"}
COLOURS: Final = {Outcome.OK: "green", Outcome.WARNING: "yellow", Outcome.PROBLEM: "red"}


@click.command()
@click.argument("config", type=FILE, envvar=ENVIRONMENT, default=DEFAULT)
@json_option
@click.pass_context
def doctor(ctx: click.Context, config: Path, as_json: bool) -> None:
    """Look at all that the station of CONFIG rests on, and say what to do about what is not well.

    Exit 0: no problem, warnings aside. 1: a problem. 2: the configuration cannot be read.
    """
    from openline.cli.checks import look  # all that a station has is looked at, and so imported, only here

    findings = look(config)
    if as_json:
        facts = [{"what": x.what, "outcome": x.outcome.value, "said": x.said, "do": x.do} for x in findings]
        click.echo(json.dumps({"well": not _problems(findings), "findings": facts}, ensure_ascii=False))
    else:
        for line in _lines(findings):
            click.echo(line)
    if _problems(findings):
        ctx.exit(PROBLEM)


def _problems(findings: list[Finding]) -> int:
    return sum(x.outcome is Outcome.PROBLEM for x in findings)


def _lines(findings: list[Finding]) -> list[str]:
    wide = max(len(x.what) for x in findings)
    lines = []
    for x in findings:
        mark = click.style(MARKS[x.outcome], fg=COLOURS[x.outcome])
        lines.append(f"{mark}  {x.what:<{wide}}  {for_terminal(x.said)}")
        if x.do:
            lines.append(f"{'':<{wide + 11}}▸ {for_terminal(x.do)}")
    warnings = sum(x.outcome is Outcome.WARNING for x in findings)
    counts = (_problems(findings), "problem"), (warnings, "warning")
    told = (f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts)
    return [*lines, f"{len(findings)} looked at: {', '.join(told)}"]
