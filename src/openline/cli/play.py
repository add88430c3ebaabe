"""`openline play`: run a scenario, tell what happened, and leave the records (spec 12)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from openline.play.engine import Player
from openline.play.exporting import export
from openline.play.loading import load
from openline.play.telling import Teller
from openline.wire.errors import Misuse, Refused


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "plain", is_flag=True, help="One JSON object instead of the transcript.")
@click.option("--seed", default=1, show_default=True, help="Decides keys and chance: the same seed, the same story.")
@click.option("--export", "into", type=click.Path(path_type=Path), help="Leave each side's record in this folder.")
@click.pass_context
def play(ctx: click.Context, file: Path, plain: bool, seed: int, into: Path | None) -> None:
    """Play a scenario FILE on two whole stations with a simulated clock.

    Exit 0 if every expectation held, 1 at the first that did not, 2 for a wrong file.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise Misuse(f"{file} cannot be read: {said}", next_step="Name a scenario file.") from None
    scenario = load(text, str(file))
    with tempfile.TemporaryDirectory(prefix="openline-play-", dir=memory_folder()) as folder:
        player = Player(scenario, seed, Path(folder))
        teller = Teller(player, quiet=plain)
        try:
            teller.begin()
            outcomes = player.play(teller.tell)
            if into is not None:
                leave(player, into)
        finally:
            player.close()
    ok = all(outcome.ok for outcome in outcomes)
    if plain:
        click.echo(teller.as_json(seed))
    else:
        teller.end(ok)
    ctx.exit(0 if ok else 1)


def leave(player: Player, into: Path) -> list[Path]:
    """Each side's record as one file in a folder; a destroyed site leaves none."""
    into.mkdir(parents=True, exist_ok=True)
    written = []
    for station in player.stations:
        desk = station.durable()
        if desk is None:
            continue
        path = into / f"{file_name(station.name)}.openline"
        with path.open("wb") as out:
            try:
                export(station, desk, out)
            except Refused:
                continue
        written.append(path)
    return written


def file_name(side: str) -> str:
    """A side's name as the name of a file: what a file system might take for something else is replaced."""
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in side)


def memory_folder() -> str | None:
    """Throwaway stores are kept in memory where the machine offers a folder there."""
    folder = Path("/dev/shm")
    return str(folder) if folder.is_dir() and folder.stat().st_mode & 0o222 else None
