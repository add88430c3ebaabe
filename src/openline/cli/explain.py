"""`openline explain`: what one side of a scenario sees of a line, and what it may conclude (spec 11)."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from openline.cli.play import memory_folder
from openline.core.explain import Explanation
from openline.core.silence import Observed
from openline.play.engine import Player
from openline.play.loading import load
from openline.play.scenario import Scenario
from openline.wire.errors import Misuse
from openline.wire.terms import Lane

SILENT = (
    Observed.NOT_WATCHING,
    Observed.OUR_SIDE_CUT,
    Observed.PATH_DOWN,
    Observed.THEIR_STATION_DOWN,
    Observed.CANNOT_TELL,
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--side", required=True, help="Whose view.")
@click.option("--line", required=True, help="Which line.")
@click.option("--lane", type=click.Choice([lane.name.lower() for lane in Lane]), default="liaison", show_default=True)
@click.option("--at", help="At which instant, e.g. 2021-08-10T17:02; the end of the scenario without it.")
@click.option("--seed", default=1, show_default=True, help="As for play.")
@click.option("--json", "plain", is_flag=True, help="One JSON object.")
@click.pass_context
def explain(
    ctx: click.Context, file: Path, side: str, line: str, lane: str, at: str | None, seed: int, plain: bool
) -> None:
    """Say what SIDE knows of a silence on LINE in the scenario FILE, from which evidence, and what cannot be known.

    Exit 4 where nothing of theirs can be expected to be heard (our network, the path or their station is down, or we
    cannot tell); 0 otherwise.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misuse(f"{file} cannot be read: {error}", next_step="Name a scenario file.") from None
    scenario = load(text, str(file))
    found = at_instant(scenario, seed, number(scenario, side), line_number(scenario, line), Lane[lane.upper()], at)
    click.echo(as_json(found) if plain else as_text(scenario, side, line, found))
    ctx.exit(4 if found.observed in SILENT else 0)


def number(scenario: Scenario, side: str) -> int:
    if side not in scenario.sides:
        raise Misuse(f"the scenario has no side {side}", next_step=f"Name one of: {', '.join(scenario.sides)}.")
    return scenario.sides.index(side)


def line_number(scenario: Scenario, line: str) -> int:
    names = [each.id for each in scenario.lines]
    if line not in names:
        raise Misuse(f"the scenario has no line {line}", next_step=f"Name one of: {', '.join(names)}.")
    return names.index(line)


def instant_ms(scenario: Scenario, at: str | None) -> int:
    """The instant meant by `--at`: local time of the scenario's zone unless it says otherwise."""
    if at is None:
        return scenario.steps[-1].at_ms if scenario.steps else scenario.start_ms
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise Misuse(f"{at} is no instant", next_step="Write it like 2021-08-10T17:02.") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(scenario.zone))
    return int(moment.timestamp() * 1000)


def at_instant(scenario: Scenario, seed: int, side: int, line: int, lane: Lane, at: str | None) -> Explanation:
    """Play up to the instant, and explain what the side sees then."""
    until = instant_ms(scenario, at)
    if until < scenario.start_ms:
        raise Misuse("that is before the scenario starts")
    steps = tuple(step for step in scenario.steps if step.at_ms <= until)
    with tempfile.TemporaryDirectory(prefix="openline-explain-", dir=memory_folder()) as folder:
        player = Player(replace(scenario, steps=steps), seed, Path(folder))
        try:
            player.play()
            return player.explanation(side, line, lane, until)
        finally:
            player.close()


def as_text(scenario: Scenario, side: str, line: str, found: Explanation) -> str:
    out = [f"{side} · {line}", f"  agreed    {found.formal}", f"  observed  {found.observed.value}: {found.headline}"]
    for title, sentences in (
        ("known", found.for_),
        ("against hasty conclusions", found.against),
        ("cannot be known from here", found.cannot_know),
        ("next", found.next_steps),
    ):
        if sentences:
            out += [f"  {title}", *(f"    - {sentence}" for sentence in sentences)]
    return "\n".join(out)


def as_json(found: Explanation) -> str:
    return json.dumps(
        {
            "formal": found.formal,
            "observed": found.observed.value,
            "headline": found.headline,
            "for": found.for_,
            "against": found.against,
            "cannot_know": found.cannot_know,
            "next": found.next_steps,
        },
        ensure_ascii=False,
        indent=1,
    )
