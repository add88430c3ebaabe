"""Files, passphrases and text, as the verbs that take them share it.

Rules of this file:
1. What a verb makes is new: no file is ever overwritten; a secret one is its owner's alone (0600) from its first byte.
2. A file that cannot be read or made is our own user's to mend: `Misuse`, which says which and what to do.
3. Text from elsewhere is shown without control characters: a letter must not move the cursor of who reads it.
"""

from __future__ import annotations

import getpass
import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from openline.keys.keyfile import open_key_file, open_plain_key_file
from openline.keys.public import check_accord
from openline.wire import accord as accords
from openline.wire.accord import SignedAccord
from openline.wire.errors import Malformed, Misuse, StorageFault, unreadable

STANDARD: Final = Path("-")  # standard input or output
FILE: Final = click.Path(path_type=Path, allow_dash=True)
# What moves a cursor, and what turns the direction of the words of ours that stand behind it, or is not seen at all.
_STEERS: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)

Verb = TypeVar("Verb", bound=Callable[..., Any])


def json_option(verb: Verb) -> Verb:
    """`--json`: the same facts for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")(verb)


def passphrase_option(verb: Verb) -> Verb:
    """`--passphrase-file`: for where nobody can be asked."""
    return click.option(
        "--passphrase-file", type=FILE, help="Take the passphrase from the first line of this file; else it is asked."
    )(verb)


def read_file(path: Path) -> bytes:
    """All of a file, or of standard input for `-`.

    Raises:
        Misuse: it cannot be read.
    """
    if path == STANDARD:
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misuse(f"{path}: cannot be read: {error.strerror}", next_step=unreadable(error)) from None


def write_new(path: Path, data: bytes, *, secret: bool) -> None:
    """Make a file that was not there, durable when this returns; `-` is standard output.

    Raises:
        Misuse: something of that name is there, or no file can be made there.
        StorageFault: the disk did not take it; nothing of it is left.
    """
    from openline.station.durable import sync_folder  # a stick is checked without a station's modules

    if path == STANDARD:
        sys.stdout.buffer.write(data)
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o644)
    except FileExistsError:
        raise Misuse(f"{path} is there already; nothing was written", next_step="Give another name.") from None
    except OSError as error:
        raise Misuse(f"{path}: cannot be made: {error.strerror}", next_step="Give another place.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise StorageFault(f"{path}: cannot be written: {error.strerror}", next_step="Check the disk.") from None


def refuse_existing(path: Path) -> None:
    """Say so before anybody types a passphrase, if `write_new` is going to refuse this name.

    Raises:
        Misuse: something of that name is there.
    """
    if path != STANDARD and os.path.lexists(path):
        raise Misuse(f"{path} is there already; nothing was written", next_step="Give another name.")


def passphrase(path: Path | None, *, whose: str, new: bool = False) -> str:
    """The passphrase of a key file: from the first line of a file, or asked for, twice if `new`.

    Raises:
        Misuse: it is empty, or its file is not text.
    """
    if path is None:
        words = _asked(whose, new)
    else:
        try:
            words = read_file(path).decode().split("\n", 1)[0].removesuffix("\r")
        except UnicodeDecodeError:
            raise Misuse(f"{path}: not text", next_step="Give a file whose first line is the passphrase.") from None
    if not words:
        raise Misuse("an empty passphrase protects nothing", next_step="Give one of several words.")
    return words


def _asked(whose: str, new: bool) -> str:
    """What a person types, unseen. Under a service manager or a timer there is no terminal to ask at.

    Raises:
        Misuse: nobody can be asked here.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)  # else it is asked for in the open, beside a warning
            words: str = click.prompt(f"Passphrase of {whose}", hide_input=True, confirmation_prompt=new, err=True)
    except getpass.GetPassWarning:
        raise Misuse(
            f"a passphrase is needed for {whose}, and there is no terminal to ask at",
            next_step="Name a file that holds it (--passphrase-file; passphrase_file in a station's configuration), or "
            "run this in a terminal.",
        ) from None
    return words


def key_file(path: Path, passphrase_file: Path | None) -> tuple[str, bytes]:
    """The kind and the secret of a key file; its passphrase is asked for if it has one and no file holds it.

    Raises:
        Misuse: not a key file, or not its passphrase.
    """
    data = read_file(path)
    read = open_plain_key_file(data)
    if read is not None:
        return read
    words = passphrase(passphrase_file, whose=str(path))
    try:
        return open_key_file(data, words)
    except Misuse as error:
        raise Misuse(f"{path}: {error.what}", next_step=error.next_step) from None


def checked_accord(data: bytes, path: Path) -> SignedAccord:
    """The accord in `data`, read from `path`, with both sides' signatures, all of them checked.

    Raises:
        PeerFault: no signed accord, or a signature in it does not hold.
    """
    try:
        signed = accords.decode_signed(data)
    except Malformed as error:
        raise Malformed(
            f"{path}: not a signed accord: {error.what}",
            next_step="Give the accord that openline init join made; a document is none before both have signed.",
        ) from None
    check_accord(signed)
    return signed


def for_terminal(text: str) -> str:
    """`text` with every character that steers a terminal, but tab and newline, or turns or hides words shown as
    U+FFFD."""
    return _STEERS.sub("\N{REPLACEMENT CHARACTER}", text)


def is_terminal() -> bool:
    """Whether standard output is a screen."""
    return sys.stdout.isatty()


def utc(time_s: int) -> str:
    """A time of the record for people, in UTC; its bare number where the calendar ends."""
    try:
        return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError):
        return f"second {time_s} since 1970"


def named_values(given: Sequence[str], *, bare: str, what: str, form: str) -> dict[str, str]:
    """Words of the form NAME=VALUE, each name once. `bare`: what a word without a name is said to be; `what`: what a
    name names; `form`: how to write one.

    Raises:
        Misuse: a word without a name, or a name twice.
    """
    found: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise Misuse(f"{each} {bare}", next_step=f"Write {form}.")
        if name in found:
            raise Misuse(f"the {what} {name} is given twice", next_step="Give it once.")
        found[name] = value
    return found
