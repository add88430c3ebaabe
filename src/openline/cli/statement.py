"""`openline statement`: sign a statement for the public where the announcement keys are, and check a published one.

Rules of this file:
1. It asks no station and needs no network: the machine that holds announcement keys need never have any.
2. What is signed was read back from the file and is shown first; a text in another than its one form is not signed.
3. One side's signatures publish nothing: what is written here goes to the station, and the other side signs too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from openline.cli.files import (
    FILE,
    checked_accord,
    for_terminal,
    json_option,
    passphrase_option,
    read_file,
    refuse_existing,
    write_new,
)
from openline.cli.keys import open_keys
from openline.keys import notes
from openline.keys.public import BadSignature
from openline.keys.secret import AnnounceKeys
from openline.wire.accord import Accord, Side
from openline.wire.errors import Malformed, Misuse

DOES_NOT_VERIFY: Final = 5
ACCORD: Final = click.option("--accord", "accord_file", type=FILE, required=True, help="The signed accord.")


@click.group()
def statement() -> None:
    """Sign a statement for the public where its keys are, and check a published one; offline, both."""


@statement.command()
@click.argument("file", type=FILE)
@ACCORD
@click.option("--announce-key", type=FILE, required=True, help="Our side's announcement keys.")
@click.option("--out", type=FILE, required=True, help="The signed file, a new one.")
@passphrase_option
def sign(file: Path, accord_file: Path, announce_key: Path, out: Path, passphrase_file: Path | None) -> None:
    """Sign the text in FILE, as a console or `openline inbox` gave it, with our side's announcement keys.

    \b
    openline statement sign statement.txt --accord accord --announce-key announce.keys --out statement.signed
    """
    accord = checked_accord(read_file(accord_file), accord_file).accord
    text = _text(read_file(file), file, accord)
    refuse_existing(out)
    keys = _keys(announce_key, passphrase_file)
    side = _side(accord, keys, announce_key)
    click.echo(for_terminal(f"{side.name} signs:\n\n{text}"), err=True)
    write_new(out, notes.signed_by_one(text, side, notes.sign_statement(text, side.name, keys)), secret=False)
    click.echo(f"{out}: signed. Take it to the console, or hand it in at the station.")


def _text(data: bytes, file: Path, accord: Accord) -> str:
    """The text of a statement, as it is signed.

    Raises:
        Misuse: it is none of this accord.
    """
    try:
        text = data.decode()
        notes.read_statement(text, accord)
    except (UnicodeDecodeError, Malformed) as error:
        what = error.what if isinstance(error, Malformed) else "it is not UTF-8"
        raise Misuse(f"{file}: no statement of this accord: {what}", next_step="Download it again.") from None
    return text


def _keys(file: Path, passphrase_file: Path | None) -> AnnounceKeys:
    kind, keys = open_keys(file, passphrase_file)
    if not isinstance(keys, AnnounceKeys):
        raise Misuse(f"{file} holds a key of kind {kind}; statements are signed with announce keys")
    return keys


def _side(accord: Accord, keys: AnnounceKeys, file: Path) -> Side:
    """The side whose announcement keys these are.

    Raises:
        Misuse: neither's.
    """
    mine = keys.ed25519.public, keys.mldsa44.public
    for side in accord.sides:
        if (side.announce_ed25519, side.announce_mldsa44) == mine:
            return side
    raise Misuse(f"{file}: not the announcement keys that the accord names for either side")


@statement.command()
@click.argument("file", type=FILE)
@ACCORD
@json_option
@click.pass_context
def verify(ctx: click.Context, file: Path, accord_file: Path, as_json: bool) -> None:
    """Check a published statement with nothing but the accord: all four signatures, and the text that they are of.

    \b
    Exit 0  both sides signed exactly this.
    Exit 5  it does not verify; what is wrong is said.
    """
    accord = checked_accord(read_file(accord_file), accord_file).accord
    try:
        texts, why = notes.verify_published(read_file(file), accord), ""
    except (Malformed, BadSignature) as error:
        texts, why = (), error.what
    if as_json:
        click.echo(json.dumps({"verifies": not why, "why": why, "texts": dict(texts)}, ensure_ascii=False))
    elif why:
        click.echo(for_terminal(f"does not verify: {why}"))
    else:
        names = " and ".join(side.name for side in accord.sides)
        click.echo(for_terminal(f"signed by {names}, each with both keys:"))
        for language, text in texts:
            click.echo(for_terminal(f"\n{language}\n{text}"))
    if why:
        ctx.exit(DOES_NOT_VERIFY)
