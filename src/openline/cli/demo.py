"""`openline demo`: the story of 27 July 2021 on two stations, with both consoles; its record proved, and broken.

Rules of this file: everything shown is found out while it runs; exit 0 only if every expectation of the story held,
both records verify and are the same, and the damaged copy does not verify.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import textwrap
import time
from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Final

import click

from openline.audit.check import Audit
from openline.audit.compare import compare
from openline.audit.verdict import Kind
from openline.audit.words import headline, plain, when
from openline.audit.words import lines as audit_lines
from openline.cli import demo_consoles, demo_pair
from openline.cli import explain as explaining
from openline.cli.audit import opened, progress_bar
from openline.cli.files import write_new
from openline.cli.play import leave, memory_folder
from openline.cli.record import comparison_lines
from openline.cli.standing import TRIAL_SIDES
from openline.core.explain import explain
from openline.keys import letters
from openline.play.chart import Samples, chart, label_width
from openline.play.engine import Outcome, Player
from openline.play.loading import load
from openline.play.scenario import Scenario
from openline.play.seeing import evidence
from openline.play.telling import Teller
from openline.wire import accord as accords
from openline.wire import bodies
from openline.wire.entry import Entry, decode
from openline.wire.errors import Misuse, OpenlineError
from openline.wire.export import ITEM_HEAD_BYTES, Reader, Tag
from openline.wire.terms import Lane

STORY: Final = "2021-07-27.toml"
WATCHED: Final = "south"  # whose view the chart and the explanation are
SILENCE: Final = ("liaison-office", datetime.fromisoformat("2021-08-10T17:02:00+09:00"))
LETTER: Final = "letter-1"
WIDTH_MAX: Final = 100


@click.command()
@click.option("--export", "into", type=click.Path(file_okay=False, path_type=Path), default=Path("demo-records"),
              show_default=True, help="Where the records are left; those of an earlier demo are replaced.")
@click.option("--live", is_flag=True,
              help="Leave two live stations running on this machine, linked by TLS, and their consoles.")
@click.option("--consoles/--no-consoles", default=None, help="Play the story on both sides' consoles too, in a browser,"
              " and leave it playing.  [default: with --live, or on a terminal]")
@click.option("--stop", is_flag=True, help="Only stop what an earlier demo left running.")
@click.pass_context
def demo(ctx: click.Context, into: Path, live: bool, consoles: bool | None, stop: bool) -> None:
    """Play the story of 27 July 2021 on two stations; prove its record, and break it.

    Exit 0 if all of it held, 1 if anything did not.
    """
    if stop:
        _stop(into)
        return
    began = time.perf_counter()
    file = story()
    scenario = load(file.read_text(encoding="utf-8"), str(file))
    seen = live or sys.stdout.isatty() if consoles is None else consoles
    proved = not seen or _consoles(into, file, scenario)
    records = _story(scenario, into)
    proved = len(records) == 2 and _prove(records) and _break(records[1], records[0]) and proved
    if proved:
        _worth_trying(into, file)
    if proved and live:
        proved = _live(into)
    if seen and not live:
        click.echo(f"\nThe story goes on playing; this stops it: {_program()} {demo_pair.stopping(into)}")
    words = "All of it held" if proved else "Not all of it held"
    click.echo(click.style(f"\n{words}, in {time.perf_counter() - began:.0f} s.", fg="green" if proved else "red"))
    ctx.exit(0 if proved else 1)


def story() -> Path:
    """The story's file: in a source tree, or where the installed package carries it.

    Raises:
        Misuse: it is in neither place.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package.parent.parent / "scenarios", package / "scenarios"):
        if (folder / STORY).is_file():
            return folder / STORY
    raise Misuse(f"the story {STORY} is not installed", next_step="Run it from a source tree: make demo.")


def _stop(into: Path) -> None:
    consoles, stations = demo_consoles.stop(into), demo_pair.stop(into)
    click.echo(f"{stations} stations stopped" if stations else f"no stations of {into} are running")
    if consoles:
        click.echo("their consoles and the story's stopped")


def _consoles(into: Path, file: Path, scenario: Scenario) -> bool:
    """The story as both sides' officers see it, in a browser; whether it could be served."""
    _heading("The story on both consoles, side by side. It goes on playing")
    try:
        origins = demo_consoles.start_story(into, file, scenario.sides)
    except OpenlineError as error:
        click.echo(click.style(f"{error.what} {error.next_step}".strip(), fg="red"))
        return False
    _addresses(scenario.sides, origins)
    said = "  # time runs there as the band on the page is told: 1×, 60×, or on to the next step\n"
    click.echo(click.style(said, dim=True))
    return True


def _addresses(sides: Sequence[str], origins: Sequence[str]) -> None:
    """Where the consoles are; opened for whoever sits at a desktop."""
    shown = demo_consoles.show(origins)
    for side, origin in zip(sides, origins, strict=True):
        click.echo(f"  {side:<6} {origin}/" + (" (open in your browser)" if shown else ""))


def _heading(text: str) -> None:
    width = _width()
    click.echo("\n" + click.style(f"── {text} ".ljust(width, "─"), bold=True) + "\n")


def _width() -> int:
    return min(shutil.get_terminal_size((WIDTH_MAX, 24)).columns, WIDTH_MAX)


# ---- the story, its chart, its last silence


def _story(scenario: Scenario, into: Path) -> list[Path]:
    """Play it, with its chart and its last silence; the records it left, none if anything in it did not hold."""
    side = scenario.sides.index(WATCHED)
    with tempfile.TemporaryDirectory(prefix="openline-demo-", dir=memory_folder()) as folder:
        player = Player(scenario, 1, Path(folder))
        try:
            samples = Samples(player, side, max(_width() - label_width(scenario), 40))
            silence = _listen(player, side)
            if not _play(player, samples):
                return []
            _heading("Each line over all that time: agreed above, observed below")
            click.echo("\n".join(chart(samples)))
            _heading("10 August 2021, 17:02: nobody answers, and no notice was given. openline explain")
            click.echo("\n".join(silence))
            return _leave(player, into)
        finally:
            player.close()


def _play(player: Player, samples: Samples) -> bool:
    teller = Teller(player)
    began = time.perf_counter()

    def watch(outcome: Outcome) -> None:
        teller.tell(outcome)
        samples.watch(outcome)

    teller.begin()
    ok = all(outcome.ok for outcome in player.play(watch))
    teller.end(ok)
    desk = player.stations[samples.side].durable()
    entries = 0 if desk is None else desk.ctx.record.count
    click.echo(click.style(f"{entries:,} entries signed and exchanged; {time.perf_counter() - began:.1f} s", dim=True))
    return ok


def _listen(player: Player, side: int) -> list[str]:
    """What is explained of the silence when its instant comes; empty until then."""
    name, at = SILENCE
    line = [each.id for each in player.scenario.lines].index(name)
    said: list[str] = []

    def listen() -> None:
        seen = explaining.Seen(evidence(player, side, line, Lane.LIAISON), player.world.now_ms, WATCHED)
        said.extend(explaining.lines(seen, explain(seen.evidence, seen.now_ms)))

    player.world.at(int(at.timestamp() * 1000), listen)
    return said


def _leave(player: Player, into: Path) -> list[Path]:
    """Both records; and what the commands at the end take: the accord, a sealed letter and the key that opens it."""
    records = leave(player, into)
    signed = player.stations[0].signed
    to, _ = player.doing.letters[LETTER]
    name = player.scenario.principals[to.side][to.number]
    sealed = player.stations[to.side].stored(player.doing.refs[LETTER])
    if signed is not None and sealed is not None and isinstance(body := decode(sealed).body, bodies.Letter):
        identity = letters.identity(player.stations[to.side].keys.principals[name].xwing.seed)
        _replace(into / "accord", accords.encode_signed(signed))
        _replace(into / "letter.age", body.age)
        _replace(into / f"{name}.key", identity.encode() + b"\n", secret=True)
    return records


def _replace(path: Path, data: bytes, *, secret: bool = False) -> None:
    """Write a file of the demo anew; what an earlier demo left there goes."""
    path.unlink(missing_ok=True)
    write_new(path, data, secret=secret)


# ---- the record, proved and broken


def _prove(records: list[Path]) -> bool:
    """Audit both records and compare them."""
    _heading("Both records, audited offline with public keys only: openline audit, openline record compare")
    audits = [_audited(path) for path in records]
    for path, audit in zip(records, audits, strict=True):
        verdict = audit.verdict
        good = verdict.kind is Kind.VERIFIES
        click.echo(f"{path}, {path.stat().st_size:,} bytes")
        click.echo("  " + click.style(headline(verdict), fg="green" if good else "red"))
    first = audits[0].verdict
    click.echo("")
    for text in comparison_lines(comparison := compare(*audits), (str(records[0]), str(records[1]))):
        click.echo(plain(text))
    for chain in first.chains:
        head = "none" if chain.head_id is None else f"{chain.gen}/{chain.head_seq} {chain.head_id.hex()}"
        click.echo(f"  head of {first.sides[chain.side]:<6} {head}")
    click.echo(f"Accord digits, as read aloud at the table:\n  {first.digits[:35]}\n  {first.digits[36:]}")
    return all(audit.verdict.kind is Kind.VERIFIES for audit in audits) and comparison.heads_agree


def _audited(path: Path) -> Audit:
    with opened(path) as stream, progress_bar(f"auditing {path.name}", path.stat().st_size) as progress:
        return Audit(stream, progress=progress)


def _break(record: Path, other: Path) -> bool:
    """Flip one byte in a copy, in the reason that a side gave for its cut, and audit the copy."""
    _heading("One byte is flipped in a copy, and it is audited again")
    entry, at = _reason_of_cut(record)
    reason = entry.body.reason if isinstance(entry.body, bodies.Suspend) else ""
    data = bytearray(record.read_bytes())
    data[at] ^= 1
    copy = record.with_name(f"{record.stem}-altered.openline")
    copy.write_bytes(data)
    became = bytes(data[at : at + len(reason.encode())]).decode()
    click.echo(f"{copy}, byte {at:,}:")
    click.echo(f"in the suspension of {when(entry.time_s)}, the reason “{reason}” has become “{became}”.\n")
    damaged = _audited(copy)
    for row in takewhile(lambda row: not row.startswith("findings"), audit_lines(damaged.verdict)):
        bad = row.startswith(("DOES NOT", "BREAK", "damaged"))
        for part in textwrap.wrap(row, _width(), subsequent_indent=" " * 13) or [""]:
            click.echo(click.style(part, fg="red") if bad else part)
    click.echo(f"Beside {other}:")
    for text in comparison_lines(compare(_audited(other), damaged), (str(other), str(copy))):
        click.echo(f"  {plain(text)}")
    return damaged.verdict.kind is Kind.DOES_NOT_VERIFY


def _reason_of_cut(record: Path) -> tuple[Entry, int]:
    """The first suspension that gives a reason, and the byte of the file at which the reason begins."""
    with record.open("rb") as stream:
        for item in Reader(stream).items():
            if item.tag is Tag.ENTRY:
                entry = decode(item.data)
                if isinstance(entry.body, bodies.Suspend) and entry.body.reason:
                    return entry, item.offset + ITEM_HEAD_BYTES + item.data.index(entry.body.reason.encode())
    raise Misuse(f"{record}: no suspension with a reason in it")


# ---- what to try next


def _worth_trying(into: Path, file: Path) -> None:
    _heading("Worth trying")
    here = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
    for what, command in (
        ("who cut what, from when, for what reason", f"record show {into}/south.openline --kind suspend"),
        ("all that an audit has to say of the damaged copy", f"audit {into}/south-altered.openline"),
        ("why the eastern line was silent", f"explain {here} --side south --line military-east --at 2021-07-27T10:05"),
        ("the chairman's letter, which no station could read",
         f"letter open {into}/letter.age --key {into}/chairman.key --accord {into}/accord"),
        ("the digits that both delegations read aloud", f"accord digits {into}/accord"),
    ):  # fmt: skip
        click.echo(click.style(f"  # {what}", dim=True))
        rows = textwrap.wrap(f"{_program()} {command}", _width() - 8, break_on_hyphens=False, break_long_words=False)
        click.echo("  " + " \\\n      ".join(rows))


def _live(into: Path) -> bool:
    """Two live stations, and what to do with them."""
    _heading("Two live stations on this machine, linked by TLS. They go on running")
    try:
        demo_consoles.stop_live(into)
        rows = demo_pair.start(into)
        origins = demo_consoles.start_live(into)
    except OpenlineError as error:
        click.echo(click.style(f"{error.what} {error.next_step}".strip(), fg="red"))
        return False
    _addresses(TRIAL_SIDES, origins)
    for row in rows:
        if row.startswith("#"):
            click.echo(click.style(f"  {row}", dim=True))
        else:
            click.echo(f"  {_program()} {row}")
    return True


def _program() -> str:
    """How this very program is called from here."""
    if shutil.which("openline"):
        return "openline"
    called = Path(sys.argv[0]).absolute()
    if called.name != "openline":
        return f"{Path(sys.executable).name} -m openline"
    return str(called.relative_to(Path.cwd()) if called.is_relative_to(Path.cwd()) else called)
