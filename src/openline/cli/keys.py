"""`openline key`: make a key file, and show what of it is public.

Rules of this file: a secret is written once, encrypted under a passphrase, to a new file only its owner reads; what is
printed is public, unless a principal asks in so many words for the identity that other programs need.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, TypeAlias

import click

from openline.cli.asking import asking, show_json, station_option
from openline.cli.files import (
    FILE,
    for_terminal,
    json_option,
    key_file,
    passphrase,
    passphrase_option,
    refuse_existing,
    write_new,
)
from openline.keys import letters
from openline.keys.keyfile import seal_key_file
from openline.keys.public import fingerprint
from openline.keys.secret import AnnounceKeys, OfficerKey, PrincipalKey, RootKeys, StationKeys, SystemEntropy
from openline.station.api import types as t
from openline.wire import limits
from openline.wire.errors import Malformed, Misuse

Keys: TypeAlias = RootKeys | StationKeys | AnnounceKeys | OfficerKey | PrincipalKey

_OFFICES: Final[dict[str, type[RootKeys | StationKeys | AnnounceKeys]]] = {
    "root": RootKeys,
    "station": StationKeys,
    "announce": AnnounceKeys,
}
_PERSONS: Final[dict[str, type[OfficerKey | PrincipalKey]]] = {"officer": OfficerKey, "principal": PrincipalKey}
KINDS: Final[dict[str, type[Keys]]] = {**_OFFICES, **_PERSONS}
_SHOWN_BYTES: Final = 32


@click.group()
def key() -> None:
    """Make a key file, show its public half, or change a station's keys."""


@key.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option("--out", type=FILE, required=True, help="The key file to make; it must not be there yet.")
@click.option("--name", help="The officer's or principal's name, as the accord is to have it.")
@passphrase_option
@json_option
def new(kind: str, out: Path, name: str | None, passphrase_file: Path | None, as_json: bool) -> None:
    """Make the keys of KIND and print their public halves.

    \b
    root       founds the accord; keep it offline, sealed away
    station    signs entries and checkpoints, opens bundles
    announce   signs announcements and minutes
    officer    approves acts; needs --name
    principal  opens and signs letters; needs --name
    """
    refuse_existing(out)
    keys = _generate(kind, name)
    words = passphrase(passphrase_file, whose=str(out), new=True)
    write_new(out, seal_key_file(keys.to_bytes(), kind, words, SystemEntropy()), secret=True)
    _show(described(kind, keys), as_json)


@key.command()
@station_option
@json_option
def rotate(station: Path, as_json: bool) -> None:
    """Have the running station take a new station key and a new prekey into use.

    The keys of before go when the record names the new ones. Back the station up afterwards.
    """
    done = asking(station).post("/v1/keys", None, t.Done)
    if as_json:
        show_json(done)
        return
    click.echo(f"new keys are in force from {done.entry.place} on; back the station up: openline backup DIR")


@key.command()
@click.argument("file", type=FILE)
@click.option("--out", type=FILE, required=True, help="The key file to make; it must not be there yet.")
@passphrase_option
@click.option("--new-passphrase-file", type=FILE, help="Take the new passphrase from this file; else it is asked.")
def protect(file: Path, out: Path, passphrase_file: Path | None, new_passphrase_file: Path | None) -> None:
    """Write the keys in FILE again, under another passphrase.

    For whoever is given a key file that another person made: take it over, then destroy the old file.
    """
    refuse_existing(out)
    kind, secret = key_file(file, passphrase_file)
    words = passphrase(new_passphrase_file, whose=str(out), new=True)
    write_new(out, seal_key_file(secret, kind, words, SystemEntropy()), secret=True)
    click.echo(for_terminal(f"{out}: {kind} keys under the new passphrase; destroy {file}"))


@key.command()
@click.argument("file", type=FILE)
@click.option("--identity", is_flag=True, help="Print a principal's secret age identity too, for age and its kin.")
@passphrase_option
@json_option
def show(file: Path, identity: bool, passphrase_file: Path | None, as_json: bool) -> None:
    """Print the public halves of the keys in FILE and their fingerprints.

    Of a principal also the recipient, age1pq1…, that any age program seals letters to.
    """
    kind, keys = open_keys(file, passphrase_file)
    facts = described(kind, keys)
    if identity:
        if not isinstance(keys, PrincipalKey):
            raise Misuse(f"{file} holds a key of kind {kind}; only a principal's opens letters")
        facts["identity"] = letters.identity(keys.xwing.seed)
    _show(facts, as_json)


def open_keys(file: Path, passphrase_file: Path | None) -> tuple[str, Keys]:
    """The kind and keys of a key file, its passphrase asked for if no file holds it.

    Raises:
        Misuse: not a key file, of a kind unknown here, or not its passphrase.
    """
    kind, secret = key_file(file, passphrase_file)
    return kind, keys_of(file, kind, secret)


def keys_of(file: Path, kind: str, secret: bytes) -> Keys:
    """The keys that a key file's secret is.

    Raises:
        Misuse: of a kind unknown here, or of another release.
    """
    if kind not in KINDS:
        raise Misuse(f"{file} holds a key of kind {kind}; known here are {', '.join(KINDS)}")
    try:
        return KINDS[kind].from_bytes(secret)
    except Malformed as error:
        raise Misuse(f"{file} holds keys of another release: {error.what}") from None


def described(kind: str, keys: Keys) -> dict[str, Any]:
    """What of a key file is public, for people and programs alike."""
    facts: dict[str, Any] = {"kind": kind}
    if isinstance(keys, OfficerKey | PrincipalKey):
        facts["name"] = keys.name
    facts["keys"] = [
        {"algorithm": algorithm, "fingerprint": fingerprint(public), "public": public.hex()}
        for algorithm, public in _public_halves(keys)
    ]
    if isinstance(keys, PrincipalKey):
        facts["recipient"] = letters.recipient(keys.xwing.public)
    return facts


def _generate(kind: str, name: str | None) -> Keys:
    if kind in _OFFICES:
        if name is not None:
            raise Misuse(f"a {kind} key has no name", next_step="Leave --name out.")
        return _OFFICES[kind].generate(SystemEntropy())
    if not name or not name.isprintable() or len(name.encode()) > limits.NAME_BYTES_MAX:
        raise Misuse(
            f"a key of kind {kind} needs a name of 1 to {limits.NAME_BYTES_MAX} bytes of printable text",
            next_step="Give --name, as the accord is to have it.",
        )
    return _PERSONS[kind].generate(name, SystemEntropy())


def _public_halves(keys: Keys) -> list[tuple[str, bytes]]:
    match keys:
        case RootKeys():
            return [("Ed25519", keys.ed25519.public), ("ML-DSA-87", keys.mldsa87.public)]
        case AnnounceKeys():
            return [("Ed25519", keys.ed25519.public), ("ML-DSA-44", keys.mldsa44.public)]
        case OfficerKey():
            return [("Ed25519", keys.public)]
        case PrincipalKey():
            return [("Ed25519", keys.key.public), ("X-Wing", keys.xwing.public)]
        case StationKeys():
            prekeys = [("X-Wing", prekey.public) for prekey in keys.prekeys]
            return [("Ed25519", keys.station.public), ("ML-DSA-44", keys.checkpoint.public), *prekeys]


def _show(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(facts))
        return
    click.echo(for_terminal(f"{facts['kind']} {facts.get('name', '')}".strip()))
    for one in facts["keys"]:
        click.echo(f"  {one['algorithm']:<10} {one['fingerprint']}")
        size = len(one["public"]) // 2
        click.echo(f"  {'':<10} {one['public'] if size <= _SHOWN_BYTES else f'{size} bytes, in full with --json'}")
    for name in ("recipient", "identity"):
        if name in facts:
            click.echo(f"{name}\n{facts[name]}")
