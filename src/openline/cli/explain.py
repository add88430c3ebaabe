"""`openline explain`: what is known of a silence, from which evidence, and what cannot be (spec 11).

Rules of this file: evidence is all that an explanation is made of, so a file of it gives the same explanation as the
scenario that it was taken from; the exit code says whether the line carries, and never what a person should do.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from openline.cli.files import FILE, json_option, read_file, write_new
from openline.cli.play import memory_folder
from openline.core.explain import Explanation
from openline.core.explain import explain as explained
from openline.core.silence import Evidence, Observed
from openline.station import evidence as files
from openline.wire.errors import Misuse
from openline.wire.terms import Lane
from openline.wire.zones import zone

PEER_SILENT: Final = 4
# Nothing of theirs gets through on the line now. After a signed word of theirs (declined, deferred, rang, read) and
# where nothing is expected, the other side is not silent: a person is, or nobody.
SILENT: Final = frozenset({
    Observed.NOT_WATCHING, Observed.OUR_SIDE_CUT, Observed.AGREED_NOT_THROUGH, Observed.PATH_DOWN,
    Observed.THEIR_STATION_DOWN, Observed.CANNOT_TELL,
})  # fmt: skip
WIDTH_MAX: Final = 100
LABEL: Final = 14


class Seen(NamedTuple):
    """One side's evidence of a line at an instant of elapsed time; `side` is "" where a file does not say whose."""

    evidence: Evidence
    now_ms: int
    side: str = ""


@click.command()
@click.argument("file", type=FILE)
@click.option("--side", help="Whose view, in a scenario.")
@click.option("--line", help="Which line, in a scenario; needed where there are several.")
@click.option("--lane", type=click.Choice([lane.name.lower() for lane in Lane]), help="liaison, unless given.")
@click.option("--at", metavar="TIME", help="The instant, as 2021-08-10T17:02, in the scenario's zone unless it names an"
              " offset; the last step unless given.")
@click.option("--seed", type=int, default=1, show_default=True, help="As for play.")
@click.option("--evidence", "out", type=FILE, metavar="OUT", help="Leave the evidence in this new file.")
@json_option
@click.pass_context
def explain(
    ctx: click.Context, file: Path, side: str | None, line: str | None, lane: str | None, at: str | None, seed: int,
    out: Path | None, as_json: bool,
) -> None:
    """Say what is known of a silence, from which evidence, and what cannot be known.

    FILE is a scenario, which is played up to TIME to see what SIDE then sees of LINE; or a file of evidence, as
    --evidence or --json leaves it.

    \b
    Exit 4  nothing of theirs gets through on the line: not_watching, our_side_cut, agreed_not_through, path_down,
            their_station_down, cannot_tell.
    Exit 0  it does (through), it need not (not_expected), or their station gave its word on what became of our call
            or message (declined, deferred, rang_unanswered, read_no_reply).
    """
    try:
        text = read_file(file).decode()
    except UnicodeDecodeError:
        raise Misuse(f"{file}: not text", next_step="Give a scenario, or a file of evidence.") from None
    if text.lstrip().startswith("{"):
        if side or line or lane or at:
            raise Misuse("--side, --line, --lane and --at choose from a scenario; a file of evidence is one view")
        seen = _from_file(text, file)
    else:
        seen = _from_scenario(text, file, side, line, Lane[(lane or "liaison").upper()], at, seed)
    found = explained(seen.evidence, seen.now_ms)
    if out is not None:
        plain = files.encode(seen.evidence, seen.now_ms)
        write_new(out, (json.dumps(plain, ensure_ascii=False, indent=1) + "\n").encode(), secret=False)
    if as_json:
        click.echo(json.dumps(facts(seen, found), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(lines(seen, found)))
    ctx.exit(PEER_SILENT if found.observed in SILENT else 0)


# ---- where the evidence comes from


def _from_file(text: str, file: Path) -> Seen:
    try:
        return Seen(*files.decode(text))
    except Misuse as error:
        raise Misuse(f"{file}: {error.what}", next_step="Make one: openline explain SCENARIO --evidence OUT.") from None


def _from_scenario(
    text: str, file: Path, side: str | None, line: str | None, lane: Lane, at: str | None, seed: int
) -> Seen:
    from openline.play.engine import Player  # two stations, with keys and stores: not needed for a file of evidence
    from openline.play.loading import load
    from openline.play.seeing import evidence
    from openline.play.telling import failure

    scenario = load(text, str(file))
    names = [each.id for each in scenario.lines]
    by = _chosen("--side", side, scenario.sides)
    on = 0 if line is None and len(names) == 1 else _chosen("--line", line, names)
    steps = scenario.steps
    until_ms = _instant_ms(at, scenario.zone, scenario.start_ms, steps[-1].at_ms if steps else scenario.start_ms)
    until_then = replace(scenario, steps=tuple(step for step in steps if step.at_ms <= until_ms))
    with tempfile.TemporaryDirectory(prefix="openline-explain-", dir=memory_folder()) as folder:
        player = Player(until_then, seed, Path(folder))
        try:
            outcomes = player.play()
            if outcomes and not outcomes[-1].ok:
                raise Misuse(failure(scenario, outcomes[-1]), next_step="See openline play.")
            player.world.run_until(until_ms)
            return Seen(evidence(player, by, on, lane), until_ms, scenario.sides[by])
        finally:
            player.close()


def _chosen(option: str, value: str | None, names: list[str] | tuple[str, ...]) -> int:
    if value is None or value not in names:
        what = f"{option} is needed" if value is None else f"{option}: there is no {value}"
        raise Misuse(f"{what}; the scenario has {', '.join(names)}")
    return names.index(value)


def _instant_ms(at: str | None, zone_name: str, start_ms: int, end_ms: int) -> int:
    if at is None:
        return end_ms
    try:
        given = datetime.fromisoformat(at)
        at_ms = int((given if given.tzinfo else given.replace(tzinfo=zone(zone_name))).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Misuse(f"--at: {at} is no time", next_step="Write it as 2021-08-10T17:02.") from None
    if not start_ms <= at_ms <= end_ms:
        first, last = (datetime.fromtimestamp(ms / 1000, zone(zone_name)).isoformat() for ms in (start_ms, end_ms))
        raise Misuse(f"--at: the scenario goes from {first} to {last}")
    return at_ms


# ---- how it is shown


def facts(seen: Seen, found: Explanation) -> dict[str, Any]:
    """The explanation for programs, with the evidence it was made of."""
    return {
        "side": seen.side or None,
        "line": seen.evidence.line,
        "lane": seen.evidence.lane,
        "formal": seen.evidence.formal,
        "formal_says": found.formal,
        "observed": found.observed.value,
        "observed_says": found.headline,
        "silent": found.observed in SILENT,
        "for": found.for_,
        "against": found.against,
        "cannot_know": found.cannot_know,
        "next_steps": found.next_steps,
        "evidence": files.encode(seen.evidence, seen.now_ms),
    }


def lines(seen: Seen, found: Explanation) -> Iterator[str]:
    """The explanation for an officer, a line at a time."""
    e = seen.evidence
    width = min(shutil.get_terminal_size((WIDTH_MAX, 24)).columns, WIDTH_MAX)
    whose = f"What {seen.side} sees of {e.line}" if seen.side else f"What was seen of {e.line}"
    yield click.style(f"{whose}, {_when(e)}", bold=True)
    yield ""
    yield from _part("agreed", [found.formal], width, fg="cyan")
    yield from _part("observed", [f"{found.observed.value}. {found.headline}"], width, fg="yellow")
    for label, sentences in (
        ("for it", found.for_),
        ("against it", found.against),
        ("cannot know", found.cannot_know),
        ("next", found.next_steps),
    ):
        yield from _part(label, sentences, width)


def _when(e: Evidence) -> str:
    try:
        return datetime.fromtimestamp(e.now_s, zone(e.zone)).strftime("%A %-d %B %Y, %H:%M ") + e.zone
    except (ValueError, OverflowError, OSError):
        return f"second {e.now_s}"


def _part(label: str, sentences: tuple[str, ...] | list[str], width: int, fg: str | None = None) -> Iterator[str]:
    for number, sentence in enumerate(sentences):
        wrapped = textwrap.wrap(sentence, width - LABEL - 2) or [""]
        for row, text in enumerate(wrapped):
            head = label if number == row == 0 else ""
            mark = "· " if row == 0 and fg is None else "  "
            yield click.style(f"{head:<{LABEL}}", dim=fg is None, bold=fg is not None) + mark + click.style(text, fg=fg)
