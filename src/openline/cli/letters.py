"""`openline letter`: seal a letter to a principal, send it, open one, and see who wrote it.

Rules of this file: a seal is to post-quantum recipients only; a letter's writer is named as proven only where an accord
proved it; plaintext goes to the reader's terminal or to a file only its owner reads.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import click

from openline.cli import acting
from openline.cli.asking import station_option
from openline.cli.files import (
    FILE,
    checked_accord,
    for_terminal,
    is_terminal,
    json_option,
    passphrase_option,
    read_file,
    refuse_existing,
    utc,
    write_new,
)
from openline.cli.keys import open_keys
from openline.keys import letters
from openline.keys.letters import LETTER_ID_BYTES, Letter
from openline.keys.secret import PrincipalKey, SystemEntropy, XwingKey
from openline.station.api import types as t
from openline.wire.accord import SignedAccord
from openline.wire.errors import Malformed, Misuse, Refused

AGE_HEAD: Final = b"age-encryption.org/v1\n"
_UNDETERMINED: Final = "und"  # BCP 47, for a side that named no language


@click.group()
def letter() -> None:
    """Seal a letter to a principal, send it, or open one."""


@letter.command()
@click.option("--to", "to", multiple=True, required=True, metavar="RECIPIENT|FILE|NAME",
              help="age1pq1…, a file of such lines, or with --from a principal's name. May be repeated.")
@click.option("--in", "source", type=FILE, default="-", help="What to seal; standard input unless given.")
@click.option("--out", type=FILE, required=True, help="The sealed file to make; - for standard output.")
@click.option("--from", "writer", type=FILE, help="Sign as the principal whose key file this is; needs --accord.")
@click.option("--accord", "accord_file", type=FILE, help="The accord that names the writer and the addressee.")
@click.option("--language", help="The text's language; else the writer's side's.")
@click.option("--copy", is_flag=True, help="With --from: seal to the writer too.")
@passphrase_option
@json_option
def seal(
    to: tuple[str, ...], source: Path, out: Path, writer: Path | None, accord_file: Path | None,
    language: str | None, copy: bool, passphrase_file: Path | None, as_json: bool,
) -> None:
    """Seal a file to recipients, or write a letter to a principal of the other side.

    Any age program that knows age1pq1… recipients opens what this makes.
    """
    refuse_existing(out)
    if writer is None:
        if accord_file or language or copy:
            raise Misuse("--accord, --language and --copy are for signed letters", next_step="Give --from too.")
        recipients = [xwing for one in to for xwing in _recipients(one)]
        sealed = letters.seal(read_file(source), recipients, SystemEntropy())
    else:
        if accord_file is None or len(to) != 1:
            raise Misuse("a signed letter needs --accord, and one --to: the name of a principal of the other side")
        signer, signed = _principal_key(writer, passphrase_file), checked_accord(read_file(accord_file), accord_file)
        sealed = _signed_letter(_text(read_file(source)), to[0], signer, signed, language, copy=copy)
    write_new(out, sealed, secret=False)
    if as_json:
        click.echo(json.dumps({"out": str(out), "bytes": len(sealed)}), err=str(out) == "-")


@letter.command(name="open")
@click.argument("file", type=FILE)
@click.option("--key", "key_file", type=FILE, required=True,
              help="The principal's key file, or a file with an AGE-SECRET-KEY-PQ-1… line.")
@click.option("--accord", "accord_file", type=FILE, help="Check who wrote it against this accord.")
@click.option("--out", type=FILE, help="Write what was sealed to this new file.")
@passphrase_option
@json_option
def open_(
    file: Path, key_file: Path, accord_file: Path | None, out: Path | None, passphrase_file: Path | None, as_json: bool
) -> None:
    """Open the sealed FILE. A signed letter is shown with its writer, checked if --accord is given."""
    if out is not None:
        refuse_existing(out)
    key = _opening_key(key_file, passphrase_file)
    signed = checked_accord(read_file(accord_file), accord_file) if accord_file else None
    plaintext = letters.open_age(read_file(file), key)
    found = _letter_in(plaintext, signed, key)
    if out is not None:
        write_new(out, plaintext, secret=True)
    if as_json:
        facts = {"letter": _facts(found, signed) if found else None, "bytes": len(plaintext)}
        click.echo(json.dumps(facts if found or out else {**facts, "base64": base64.b64encode(plaintext).decode()}))
    elif found:
        click.echo(for_terminal(_shown(found, signed)))
    elif out is None:
        _print_plain(plaintext)


@letter.command()
@click.argument("file", type=FILE)
@click.option("--to", required=True, metavar="NAME", help="A principal of the other side, by the accord's name.")
@click.option("--key", type=FILE, help="For a text that is not sealed yet: sign and seal it as the principal whose key"
              " file this is.")
@click.option("--language", help="The text's language; else the writer's side's.")
@click.option("--copy", is_flag=True, help="With --key: seal to the writer too.")
@passphrase_option
@station_option
@json_option
def send(
    file: Path, to: str, key: Path | None, language: str | None, copy: bool, passphrase_file: Path | None,
    station: Path, as_json: bool,
) -> None:
    """Hand the running station a letter to carry: a sealed FILE as it is, or a text sealed here with --key.

    Letters pass a line that is cut. No station can read them.

    \b
    openline letter send letter.age --to president
    openline letter send letter.txt --to president --key chairman.key
    """
    at, data = acting.ground(station), read_file(file)
    sealed = data.startswith(AGE_HEAD)
    if sealed and (key is not None or language is not None or copy):
        raise Misuse(f"{file} is sealed already", next_step="Leave --key, --language and --copy out.")
    if not sealed:
        if key is None:
            raise Misuse(
                f"{file} is not a sealed letter, and no station sends an open one",
                next_step="Seal it here with --key, or first with openline letter seal.",
            )
        signer = _principal_key(key, passphrase_file)
        if _side_of(signer, at.signed) != at.us:
            raise Misuse(f"{key}: {signer.name} is a principal of the other side")
        data = _signed_letter(_text(data), to, signer, at.signed, language, copy=copy)
    command = t.Letter(to=to, age=data)
    acting.say(acting.enact(at, command), as_json=as_json)


def _recipients(to: str) -> list[bytes]:
    """The X-Wing keys of one `--to`: a recipient, or a file of them with `#` before remarks."""
    if to.lower().startswith("age1"):
        return [_recipient(to)]
    try:
        lines = [line.strip() for line in read_file(Path(to)).decode().splitlines()]
    except UnicodeDecodeError:
        raise Misuse(f"{to}: not a file of recipients", next_step="Give lines of age1pq1…, one each.") from None
    found = [_recipient(line) for line in lines if line and not line.startswith("#")]
    if not found:
        raise Misuse(f"{to}: no recipient in it", next_step="Give lines of age1pq1…, one each.")
    return found


def _recipient(text: str) -> bytes:
    try:
        return letters.parse_recipient(text)
    except Malformed as error:
        if text.startswith("age1") and not text.startswith("age1pq1"):
            raise Refused(
                f"{text[:20]}… is not a post-quantum recipient; nothing was sealed",
                next_step="Ask for an age1pq1… recipient: `openline key show`, or `age-keygen -pq`.",
            ) from None
        raise Misuse(f"--to {text[:20]}…: {error.what}") from None


def _signed_letter(
    text: str, to: str, signer: PrincipalKey, signed: SignedAccord, language: str | None, *, copy: bool
) -> bytes:
    side = _side_of(signer, signed)
    names = [one.name for one in signed.accord.sides[1 - side].principals]
    if to not in names:
        raise Misuse(
            f"{signed.accord.sides[1 - side].name} has no principal {to}",
            next_step=f"There is: {', '.join(names)}." if names else "The accord names none.",
        )
    try:
        addressee = letters.principal(signed, 1 - side, to)
        texts = ((language or signed.accord.sides[side].language or _UNDETERMINED, text),)
        identity = SystemEntropy().bytes(LETTER_ID_BYTES)
        written = Letter(signed.id, side, signer.name, 1 - side, to, identity, int(time.time()), texts)
        document = letters.write(written, signer.key)
    except Malformed as error:
        raise Misuse(error.what) from None
    recipients = [addressee.xwing, signer.xwing.public] if copy else [addressee.xwing]
    return letters.seal(document, recipients, SystemEntropy())


def _side_of(signer: PrincipalKey, signed: SignedAccord) -> int:
    for number, side in enumerate(signed.accord.sides):
        if any((one.name, one.key) == (signer.name, signer.key.public) for one in side.principals):
            return number
    raise Misuse(f"the accord names no principal {signer.name} with this key", next_step="Check --from and --accord.")


def _text(data: bytes) -> str:
    try:
        return data.decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise Misuse("a signed letter is text in UTF-8", next_step="Seal other files without --from.") from None


def _principal_key(file: Path, passphrase_file: Path | None) -> PrincipalKey:
    kind, keys = open_keys(file, passphrase_file)
    if not isinstance(keys, PrincipalKey):
        raise Misuse(
            f"{file} holds a key of kind {kind}; letters are a principal's", next_step="Give a principal's key file."
        )
    return keys


def _opening_key(file: Path, passphrase_file: Path | None) -> XwingKey:
    for line in read_file(file).split(b"\n"):
        if line.startswith(b"AGE-SECRET-KEY-"):
            try:
                return XwingKey(letters.parse_identity(line.decode().strip()))
            except (Malformed, UnicodeDecodeError):
                raise Misuse(f"{file}: its identity is no whole AGE-SECRET-KEY-PQ-1… line") from None
    return _principal_key(file, passphrase_file).xwing


def _letter_in(plaintext: bytes, signed: SignedAccord | None, key: XwingKey) -> Letter | None:
    """The signed letter that was sealed, if it was one: checked, if there is an accord to check it against."""
    try:
        found = letters.unverified(plaintext)
    except Malformed:
        return None
    return found if signed is None else letters.read_in(plaintext, signed, key.public)


def _facts(found: Letter, signed: SignedAccord | None) -> dict[str, Any]:
    return {
        "accord": found.accord_id.hex(),
        "from": {"side": found.from_side, "name": found.from_name},
        "to": {"side": found.to_side, "name": found.to_name},
        "id": found.letter_id.hex(),
        "time_s": found.time_s,
        "texts": dict(found.texts),
        "signature": "not checked" if signed is None else "verified",
    }


def _shown(found: Letter, signed: SignedAccord | None) -> str:
    sides = [f"side {number}" for number in (0, 1)] if signed is None else [x.name for x in signed.accord.sides]
    verdict = "the signature holds" if signed else "NOT CHECKED; --accord FILE checks the signature"
    head = [
        f"from     {found.from_name} of {sides[found.from_side]}: {verdict}",
        f"to       {found.to_name} of {sides[found.to_side]}",
        f"written  {utc(found.time_s)}, by the writer's clock",
    ]
    return "\n".join([*head, *(f"\n[{language}]\n{text}" for language, text in found.texts)])


def _print_plain(plaintext: bytes) -> None:
    if is_terminal() and not _fit_for_terminal(plaintext):
        raise Misuse("what was sealed is not plain text; a screen is no place for it", next_step="Give --out FILE.")
    sys.stdout.buffer.write(plaintext)


def _fit_for_terminal(plaintext: bytes) -> bool:
    try:
        return for_terminal(plaintext.decode()) == plaintext.decode()
    except UnicodeDecodeError:
        return False
