"""`openline demo`: the story of 27 July 2021 on two stations; then its record proved, and broken (README)."""

from __future__ import annotations

import io
import shutil
import tempfile
from datetime import datetime
from pathlib import Path

import click

from openline.audit.check import audit
from openline.audit.verdict import Verdict
from openline.cli.explain import as_text
from openline.cli.play import leave, memory_folder
from openline.core.explain import explain
from openline.play.chart import Samples, strips
from openline.play.engine import Player
from openline.play.loading import load
from openline.play.scenario import Scenario
from openline.play.telling import Teller
from openline.wire.accord import digits
from openline.wire.bodies import Letter
from openline.wire.entry import decode
from openline.wire.errors import Misuse
from openline.wire.export import Reader, Tag
from openline.wire.terms import Lane

STORY = "2021-07-27.toml"
SILENCE_AT = datetime.fromisoformat("2021-08-10T17:02:00+09:00")
MARGIN = 32  # columns that the names beside the chart take


@click.command()
@click.option("--export", "into", type=click.Path(path_type=Path), default=Path("demo-records"), show_default=True)
@click.pass_context
def demo(ctx: click.Context, into: Path) -> None:
    """Play the story of 27 July 2021 with two real stations, audit both records, flip a byte and audit again."""
    scenario = load(story().read_text(encoding="utf-8"), STORY)
    teller = Teller(scenario)
    with tempfile.TemporaryDirectory(prefix="openline-demo-", dir=memory_folder()) as folder:
        player = Player(scenario, 1, Path(folder))
        try:
            ok = _play(player, scenario, teller, into)
            identity = player.stations[0].signed
        finally:
            player.close()
    if identity is not None:
        heading("The digits that both delegations read aloud when they founded the accord")
        click.echo(digits(identity.id))
    ok = prove(into) and ok
    worth_trying(into)
    ctx.exit(0 if ok else 1)


def story() -> Path:
    """The story's file: in a source tree, or as the installed package carries it."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package.parent.parent / "scenarios", package / "scenarios"):
        if (folder / STORY).is_file():
            return folder / STORY
    raise Misuse(f"the story {STORY} is not installed", next_step="Run it from a source tree: make demo.")


def heading(text: str) -> None:
    click.echo("\n" + click.style(text, bold=True))


def _play(player: Player, scenario: Scenario, teller: Teller, into: Path) -> bool:
    south = scenario.sides.index("south")
    samples = Samples(max(40, min(shutil.get_terminal_size((100, 24)).columns, 160) - MARGIN))
    samples.watch(player, south)
    said: list[str] = []
    at_ms = int(SILENCE_AT.timestamp() * 1000)
    line = [each.id for each in scenario.lines].index("liaison-office")

    def listen() -> None:
        player.pulses.settle()
        station = player.stations[south]
        if station.desk is None:
            return
        now = player.world.now(south)
        found = explain(station.desk.evidence(line, Lane.LIAISON, now), now.elapsed_ms)
        said.append(as_text(scenario, "south", "liaison-office", found))

    player.world.at(at_ms, listen)
    teller.begin()
    outcomes = player.play(teller.tell)
    ok = all(outcome.ok for outcome in outcomes)
    teller.end(ok)
    heading("Sixteen months of each line as the South saw it: agreed above, observed below")
    click.echo(strips(scenario, samples))
    heading("10 August 2021, 17:02: no notice, and formally open. What the South's station says of the silence")
    click.echo("\n".join(said))
    leave(player, into)
    return ok


def prove(into: Path) -> bool:
    """Audit both records; then flip one byte of one and audit it again. True if all came out as it must."""
    heading("Both records, audited offline with public keys only")
    files = sorted(into.glob("*.openline"))
    ok = len(files) == 2
    heads = []
    for path in files:
        verdict = audited(path.read_bytes())
        ok = ok and str(verdict.kind) == "verifies"
        heads.append(verdict.to_plain()["chains"])
        click.echo(f"{path}: {click.style(str(verdict.kind), fg='green')}")
    same = len(heads) == 2 and [c["head"] for c in heads[0]] == [c["head"] for c in heads[1]]
    click.echo("both hold the same heads" if same else "their heads differ")
    heading("One byte of a letter is flipped")
    broken = audited(flipped(files[-1].read_bytes()))
    for each in broken.to_plain()["breaks"]:
        click.echo(f"{click.style(str(broken.kind), fg='red')}: {each['what']}")
    return ok and same and str(broken.kind) == "does not verify"


def audited(data: bytes) -> Verdict:
    return audit(io.BytesIO(data))


def flipped(data: bytes) -> bytes:
    """The export with one bit of a letter's sealed text turned."""
    for item in Reader(io.BytesIO(data)).items():
        if item.tag is Tag.ENTRY and isinstance(decode(item.data).body, Letter):
            at = data.index(item.data) + len(item.data) // 2
            return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    return data[:-1] + bytes([data[-1] ^ 1])


def worth_trying(into: Path) -> None:
    heading("Five commands worth trying first")
    for command in (
        f"openline record show {into}/south.openline --kind suspend",
        f"openline audit {into}/north.openline",
        f"openline record compare {into}/north.openline {into}/south.openline",
        f"openline explain scenarios/{STORY} --side south --line military-east --at 2021-07-27T10:05",
        "openline play --help",
    ):
        click.echo(f"  .venv/bin/{command}")
