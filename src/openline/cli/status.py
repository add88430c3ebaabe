"""`openline status` and `openline why`: how things stand, and why a line is silent.

Rules of this file: what is agreed and what is observed stand in two columns; exit 4 says that nothing of theirs gets
through, and nothing else does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from openline.cli.asking import asking, show_json, station_option
from openline.cli.explain import PEER_SILENT, SILENT, Seen, lines
from openline.cli.files import json_option, utc
from openline.core.explain import explain
from openline.core.silence import Observed
from openline.core.wording import span
from openline.station import evidence as files
from openline.station.api import types as t
from openline.station.api.answers import part


@click.command()
@station_option
@json_option
@click.pass_context
def status(ctx: click.Context, station: Path, as_json: bool) -> None:
    """Show how the running station and its lines stand."""
    found = asking(station).get("/v1/status", t.Status)
    if as_json:
        show_json(found)
    else:
        for row in _rows(found):
            click.echo(row)


def _rows(s: t.Status) -> Iterator[str]:
    yield click.style(f"{s.side}'s station, {utc(s.now_s)}, up {span(s.up_s * 1000)}", bold=True)
    if s.restoring:
        yield click.style("fetching its own record back: it appends nothing until it is whole", fg="yellow")
        yield from _return(s)
    yield ""
    width = max(len(line.id) for line in s.lines)
    yield click.style(f"{'line':<{width}}  {'agreed':<22}  {'observed':<20}  last heard", dim=True)
    for line in s.lines:
        agreed = line.lanes["liaison"].formal
        safety = line.lanes["safety"].formal
        agreed += "" if safety == agreed else f", safety {safety}"
        heard = "never" if line.heard_ms is None else f"{span(line.heard_ms)} ago"
        good = agreed == "open" and line.observed == Observed.THROUGH.value
        row = f"{line.id:<{width}}  {agreed:<22}  {line.observed:<20}  {heard}"
        yield click.style(row, fg=None if good else "yellow")
    yield from _check_ins(s)
    yield ""
    for carrier in s.carriers:
        attached = {None: "", True: "; they are attached", False: "; they are not attached"}[carrier.attached]
        yield f"{carrier.kind} {carrier.id}: {carrier.state}{attached}"
    yield ""
    equal = "equal heads" if s.heads.equal else "heads not equal as far as they told us"
    yield f"record: {s.heads.entries} entries, {equal}; {s.waiting} of ours on their way"
    to_do = {"unopened": s.unopened, "to accept": s.offers, "to release": s.drafts}
    to_do["call" if s.calls == 1 else "calls"] = s.calls
    if any(to_do.values()):
        yield f"to do: {', '.join(f'{count} {what}' for what, count in to_do.items() if count)}"
    for post in s.watch:
        where = f" ({post.post})" if post.post else ""
        yield f"watch{where}: " + (f"{post.officer}, since {utc(post.since_s or 0)}" if post.officer else "unattended")
    known = s.acknowledged
    yield "alarms: " + (", ".join(f"{x} ({known[x]} knows)" if x in known else x for x in s.alarms) or "none")
    for remark in s.remarks:
        yield click.style(remark, fg="yellow")


def _check_ins(s: t.Status) -> Iterator[str]:
    """Today's check-ins, and what came of them."""
    rows = [(line.id, each) for line in s.lines for each in line.check_ins]
    if rows:
        yield ""
        yield click.style("check-ins today", dim=True)
    for line, each in rows:
        came = each.outcome or ("to come" if each.due_s > s.now_s else "no call on record")
        if each.outcome == "answered":
            came = "answered, sealed by both" if each.complete else "answered, not yet sealed by both"
        good = each.complete or each.due_s > s.now_s
        yield click.style(f"{utc(each.due_s)}  {line}, {each.caller} calls: {came}", fg=None if good else "yellow")


def _return(s: t.Status) -> Iterator[str]:
    """How far a station is that comes back, and what it waits for."""
    back = s.coming_back
    if back is None:
        return
    yield f"it holds {' and '.join(back.holds) or 'nothing yet'}; {s.other} says that it holds " + (
        " and ".join(back.they_hold) or "nothing yet"
    )
    if back.wants_root:
        yield "its keys are not in force any more: stop it, then openline up CONFIG --root FILE"
    elif not any(carrier.up for carrier in s.carriers):
        yield f"it waits for a path to {s.other}, or for a load carried by hand"


@click.command()
@click.argument("line")
@click.option("--lane", type=click.Choice(["liaison", "safety"]), default="liaison", show_default=True)
@station_option
@json_option
@click.pass_context
def why(ctx: click.Context, line: str, lane: str, station: Path, as_json: bool) -> None:
    """Say why LINE is silent, or is not: verdict, evidence, what cannot be known, what to do next.

    Exit 4 where nothing of theirs gets through on the line, as `openline explain` has it; else 0.
    """
    found = asking(station).get(f"/v1/lines/{part(line)}/why", t.Explained, lane=lane)
    if as_json:
        show_json(found)
    else:
        evidence, now_ms = files.decode(json.dumps(found.evidence))
        seen = Seen(evidence, now_ms, found.side)
        click.echo("\n".join(lines(seen, explain(evidence, now_ms))))
    ctx.exit(PEER_SILENT if Observed(found.observed) in SILENT else 0)
