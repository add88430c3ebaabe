"""`openline init`: two sides become an accord, and an accord two stations (docs/setup.md).

Rules of this file: each step is one verb that says at its end what comes next; what both sides must make alike is made
from files alone, so that each makes it on its own machine; nothing is sent anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from openline.cli import founding, standing
from openline.cli.files import (
    FILE,
    checked_accord,
    for_terminal,
    json_option,
    passphrase,
    passphrase_option,
    read_file,
    refuse_existing,
    write_new,
)
from openline.cli.founding import SECRET_FILE, STATION_FILE, SidePlan, check_name, handed, open_side, side_of
from openline.cli.terms import load_terms
from openline.keys import cards, tls
from openline.keys.cards import Card, Half, PostPlan, Sheet
from openline.keys.founding import draft as drafted
from openline.keys.founding import sign_accord
from openline.keys.public import check_accord, fingerprint
from openline.keys.secret import SystemEntropy, join_psk
from openline.station.config_reading import Address
from openline.station.config_writing import Way
from openline.station.files import check_secret
from openline.wire import accord as accords
from openline.wire.accord import Accord, CarrierKind, SignedAccord
from openline.wire.errors import Malformed, Misuse

DOCUMENT_FILE = "document"
FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def init() -> None:
    """Found an accord and set up its stations: by hand, step by step, or a pair for trying.

    \b
    keys     before the table: a side's keys, its card, its half of the secret
    draft    at the table, each side alone: the document, and its 60 digits
    sign     each side, once both have read the same digits
    join     both signatures: the accord
    station  the folder that a station starts from
    tls      a new TLS certificate, for a new machine
    pair     two stations on this machine, for trying
    """


@init.command()
@click.argument("folder", type=FOLDER)
@click.option("--side", required=True, help="This side's name, as the accord is to have it.")
@click.option("--zone", required=True, help="This side's time zone, such as Asia/Seoul.")
@click.option("--language", default="", help="The language of its messages, such as ko.")
@click.option("--officer", "officers", multiple=True, required=True, help="An officer's name; once for each.")
@click.option("--principal", "principals", multiple=True, help="The name of one whom letters are for; once for each.")
@click.option("--post", "posts", multiple=True, help='A desk and its lines: "duty desk:hotline,military", or ":*".')
@passphrase_option
@click.option("--no-passphrase", is_flag=True, help="Protect no key file: for trying only.")
@json_option
def keys(
    folder: Path,
    side: str,
    zone: str,
    language: str,
    officers: Sequence[str],
    principals: Sequence[str],
    posts: Sequence[str],
    passphrase_file: Path | None,
    no_passphrase: bool,
    as_json: bool,
) -> None:
    """Make all keys of one side in the new FOLDER, on a machine of its own without network.

    One passphrase protects every key file; each officer and principal takes their own over with openline key protect.
    """
    plan = SidePlan(
        name=check_name(side, "side"),
        zone=_zone(zone),
        language=language,
        officers=_people(officers, "officer"),
        principals=_people(principals, "principal"),
        posts=tuple(map(_post, posts)),
    )
    founding.new_folder(folder)
    words = None if no_passphrase else passphrase(passphrase_file, whose=f"all key files in {folder}", new=True)
    card = founding.make_side(folder, plan, words, SystemEntropy())
    print_of_card = fingerprint(cards.encode(card))
    files = sorted(x.name for x in folder.iterdir())
    card_file, half_file = (next(x for x in files if x.endswith(end)) for end in (".card", ".half"))
    _tell(
        {"side": side, "folder": str(folder), "files": files, "card": print_of_card},
        f"{side}: {len(files)} files in {folder}",
        f"  {card_file:<28} public; reads {print_of_card}",
        f"  {half_file:<28} secret; hand it over at the table, in person, never by network",
        *(f"  {x:<28} secret; stays with you" for x in files if x not in (card_file, half_file)),
        "Next: exchange cards and halves at the table, agree on the terms, and on each side:",
        f"  openline init draft TERMS.toml {folder / card_file} THEIR.card {folder / half_file} THEIR.half --out table",
        as_json=as_json,
    )


@init.command()
@click.argument("terms", type=FILE)
@click.argument("files", type=FILE, nargs=-1, required=True)
@click.option("--out", type=FOLDER, required=True, help="The new folder for the document and the secret.")
@json_option
def draft(terms: Path, files: Sequence[Path], out: Path, as_json: bool) -> None:
    """Build the accord's document from TERMS and the FILES of both sides: two cards and two halves, in any order.

    Each side does this on its own machine; the same files make the same document, and the digits show it.
    """
    agreed = load_terms(terms)
    by_name = {card.side.name: card for card in handed(files, Card, "cards", 2)}
    halves = {half.side: half.secret for half in handed(files, Half, "halves of the secret", 2)}
    for what, names in (("cards", set(by_name)), ("halves", set(halves))):
        if names != set(agreed.sides):
            raise Misuse(
                f"the {what} are of {' and '.join(sorted(names))}; {terms} has {' and '.join(agreed.sides)}",
                next_step="Give both sides' files, and the names in the terms as the cards have them.",
            )
    alone = [card.side.name for card in by_name.values() if len(card.side.officers) < 2]
    if agreed.two_person and alone:
        raise Misuse(
            f"{terms} asks two officers for some acts; {alone[0]} has one, and could never act",
            next_step="Make that card anew with a second officer, or leave two_person out.",
        )
    psk = join_psk(halves[agreed.sides[0]], halves[agreed.sides[1]])
    first, second = (cards.seated(by_name[name], agreed.lines) for name in agreed.sides)
    document = accords.encode(
        drafted(
            agreed.name, agreed.founded_s, (first, second), agreed.carriers, agreed.lines, psk,
            two_person=agreed.two_person, witnesses=agreed.witnesses,
        )
    )  # fmt: skip
    _ours(document)
    founding.new_folder(out)
    with founding.all_or_none(out):
        write_new(out / DOCUMENT_FILE, document, secret=False)
        write_new(out / SECRET_FILE, psk, secret=True)
    identity = accords.accord_id(document)
    groups = accords.digits(identity).split(" ")
    _tell(
        {
            "digits": " ".join(groups),
            "id": identity.hex(),
            "document": str(out / DOCUMENT_FILE),
            "secret": str(out / SECRET_FILE),
        },
        *("  ".join(groups[at : at + 4]) for at in range(0, len(groups), 4)),
        f"{out / DOCUMENT_FILE} is the accord, not signed yet; {out / SECRET_FILE} is the secret of both sides.",
        "Next: read it (openline accord show), and read these digits aloud with the other side. If all are equal:",
        f"  openline init sign {out / DOCUMENT_FILE} --keys FOLDER --out OURS.signed",
        as_json=as_json,
    )


@init.command()
@click.argument("document", type=FILE)
@click.option("--keys", "folder", type=FOLDER, required=True, help="This side's folder of keys.")
@click.option("--out", type=FILE, required=True, help="The file of signatures to make.")
@passphrase_option
def sign(document: Path, folder: Path, out: Path, passphrase_file: Path | None) -> None:
    """Sign DOCUMENT with all of this side's keys, once both sides have read the same digits aloud."""
    refuse_existing(out)
    data = read_file(document)
    agreed = _given(document, data)
    us, side_keys = open_side(folder, agreed, passphrase_file)
    signatures = sign_accord(data, us, side_keys)
    write_new(out, cards.encode(Sheet(accords.accord_id(data), us, signatures)), secret=False)
    _tell(
        {},
        f"{out}: the signatures of {agreed.sides[us].name}; they are public",
        "Next: exchange them, and on each side:",
        f"  openline init join {document} {out} THEIRS.signed --out accord",
        as_json=False,
    )


@init.command()
@click.argument("document", type=FILE)
@click.argument("files", type=FILE, nargs=-1, required=True)
@click.option("--out", type=FILE, required=True, help="The signed accord to make.")
def join(document: Path, files: Sequence[Path], out: Path) -> None:
    """Put both sides' signatures under DOCUMENT, once all of them hold. FILES: the two files of signatures."""
    refuse_existing(out)
    data = read_file(document)
    agreed = _given(document, data)
    sheets = {sheet.side: sheet for sheet in handed(files, Sheet, "files of signatures", 2)}
    lost = [side.name for number, side in enumerate(agreed.sides) if number not in sheets]
    if lost:
        raise Misuse(f"no signatures of {lost[0]} among the files", next_step="Give one file of each side.")
    for number, side in enumerate(agreed.sides):
        if sheets[number].accord_id != accords.accord_id(data):
            raise Misuse(
                f"{side.name} signed another document than {document}",
                next_step="Compare the digits again: openline accord digits, on both sides.",
            )
    signed = SignedAccord(agreed, data, (sheets[0].signatures, sheets[1].signatures))
    check_accord(signed)
    write_new(out, accords.encode_signed(signed), secret=False)
    _tell(
        {},
        f"{out}: signed by {agreed.sides[0].name} and {agreed.sides[1].name}; every signature holds",
        "Next: print it for the annex (openline accord show), and set up the station:",
        f"  openline init station FOLDER --accord {out} --secret {document.parent / SECRET_FILE} --keys FOLDER",
        as_json=False,
    )


@init.command()
@click.argument("folder", type=FOLDER)
@click.option("--accord", "accord_file", type=FILE, required=True, help="The signed accord.")
@click.option("--secret", type=FILE, required=True, help="The secret that lay beside its document.")
@click.option("--keys", "keys_folder", type=FOLDER, required=True, help="This side's folder of keys.")
@click.option("--listen", multiple=True, help="A live carrier and where to listen: fibre=0.0.0.0:7443.")
@click.option("--connect", multiple=True, help="A live carrier and whom to call: fibre=station.example:7443.")
@click.option("--server", multiple=True, help="A relay carrier and its server: un=tls://relay.example:4222.")
@click.option("--store", default=standing.STORE_FILE, help="Where the record is: a file, or postgresql://…")
@passphrase_option
def station(
    folder: Path,
    accord_file: Path,
    secret: Path,
    keys_folder: Path,
    listen: Sequence[str],
    connect: Sequence[str],
    server: Sequence[str],
    store: str,
    passphrase_file: Path | None,
) -> None:
    """Make the new FOLDER that a station starts from: configuration, keys, secret, accord, TLS certificate, record.

    The root signs the certificate and stays where it is: nothing of it comes into FOLDER.
    """
    signed = checked_accord(read_file(accord_file), accord_file)
    ways = _ways(signed.accord, listen, connect, server)
    root = founding.root_of(keys_folder, passphrase_file)
    us = side_of(signed.accord, root, keys_folder)
    psk = read_file(secret)
    founded = standing.Founded(signed, psk)
    check_secret(psk, secret, signed)
    founding.new_folder(folder)
    keys_file = read_file(keys_folder / STATION_FILE)
    path = standing.make_station(folder, founded, us, keys_file, root, ways, SystemEntropy(), store=store)
    open_ways = [way.carrier.id for way in ways if not way.known and way.carrier.kind is not CarrierKind.COURIER]
    _tell(
        {},
        f"{path}: a station of {signed.accord.sides[us].name}",
        *(f"  {name}: say in {path} how it is reached" for name in open_ways),
        f"Next: put {keys_folder} away, offline, and the officers' keys with the officers; then:",
        f"  openline config check {path}",
        f"  openline up {path}",
        as_json=False,
    )


@init.command("tls")
@click.argument("root", type=FILE)
@click.option("--out", type=FILE, required=True, help="The TLS file to make: key and certificate.")
@passphrase_option
def new_tls(root: Path, out: Path, passphrase_file: Path | None) -> None:
    """Issue a new TLS key and certificate with the key file ROOT, for a new machine or after a loss.

    The other side lets it in without being told: the accord names the root.
    """
    refuse_existing(out)
    write_new(out, tls.issue(founding.open_root(root, passphrase_file), SystemEntropy()), secret=True)
    _tell(
        {},
        f"{out}: name it as tls in station.toml, and destroy the old one",
        "If the old one's key was taken, tell the other side how its certificate reads (openline doctor says it):",
        "it names that under [station] revoked.",
        as_json=False,
    )


@init.command()
@click.argument("folder", type=FOLDER)
@click.option("--zone", default="UTC", help="The time zone of both sides and their check-ins.")
@json_option
def pair(folder: Path, zone: str, as_json: bool) -> None:
    """Make two stations in the new FOLDER that reach each other on this machine: for trying.

    No passphrases, and both sides' keys in one place: what it makes protects nothing.
    """
    now_s = int(datetime.now(UTC).timestamp())
    paths = standing.make_pair(folder, _zone(zone), now_s, SystemEntropy())
    named = zip(standing.TRIAL_SIDES, paths, strict=True)
    _tell(
        {"stations": [{"side": name, "config": str(path)} for name, path in named]},
        f"Two stations in {folder}, for trying. Start each in a terminal of its own:",
        *(f"  openline up {path}" for path in paths),
        as_json=as_json,
    )


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Misuse(f'"{name}" is no time zone', next_step="Give one as Asia/Seoul or UTC.") from None
    return name


def _people(names: Sequence[str], what: str) -> tuple[str, ...]:
    if len(set(names)) != len(names):
        raise Misuse(f"two {what}s of one name", next_step="Give each another name.")
    return tuple(check_name(name, what) for name in names)


def _post(text: str) -> PostPlan:
    name, _, lines = text.rpartition(":")
    ids = tuple(sorted({x.strip() for x in lines.split(",")}))
    if not name or not all(ids):
        raise Misuse(f'"{text}" is no post and its lines', next_step='Write it as "duty desk:hotline,military".')
    return PostPlan(check_name(name, "post"), tuple(check_name(x, "line") for x in ids))


def _given(file: Path, data: bytes) -> Accord:
    """The accord in a document that lies on the table.

    Raises:
        PeerFault: it is none.
    """
    try:
        return accords.decode(data)
    except Malformed as error:
        raise Malformed(
            f"{file}: not an accord's document: {error.what}",
            next_step="Give the document first: the one in the folder that openline init draft made.",
        ) from None


def _ours(document: bytes) -> None:
    """What we built, read as both sides will read it.

    Raises:
        Misuse: the terms and cards make no accord.
    """
    try:
        accords.decode(document)
    except Malformed as error:
        raise Misuse(f"these terms and cards make no accord: {error.what}", next_step="Change the terms.") from None


def _ways(agreed: Accord, listen: Sequence[str], connect: Sequence[str], server: Sequence[str]) -> list[Way]:
    given = {
        "listen": _by_carrier(listen, Address),
        "connect": _by_carrier(connect, Address),
        "server": _by_carrier(server, str),
    }
    of = {"listen": CarrierKind.LIVE, "connect": CarrierKind.LIVE, "server": CarrierKind.RELAY}
    for option, by_carrier in given.items():
        ids = [one.id for one in agreed.carriers if one.kind is of[option]]
        for name in by_carrier:
            if name not in ids:
                raise Misuse(
                    f'--{option}: "{name}" is no {of[option].name.lower()} carrier of the accord',
                    next_step=f"Allowed there: {', '.join(ids) or 'none; the accord has no such carrier'}.",
                )
    if twice := [name for name, addresses in given["listen"].items() if len(addresses) > 1]:
        raise Misuse(f"--listen: {twice[0]} is there twice", next_step="A carrier listens at one address.")
    return [
        Way(
            one,
            next(iter(given["listen"].get(one.id, ())), ""),
            given["connect"].get(one.id, ()),
            given["server"].get(one.id, ()),
        )
        for one in agreed.carriers
    ]


def _by_carrier(given: Sequence[str], read: Callable[[str], str]) -> dict[str, tuple[str, ...]]:
    """`id=address` options, by carrier."""
    found: dict[str, tuple[str, ...]] = {}
    for text in given:
        name, equals, address = text.rpartition("=")
        try:
            address = read(address)
        except ValueError as error:
            raise Misuse(f'"{text}" {error}', next_step="Write it as fibre=0.0.0.0:7443.") from None
        if not equals or not name or not address:
            raise Misuse(f'"{text}" is no carrier and address', next_step="Write it as fibre=0.0.0.0:7443.")
        found[name] = (*found.get(name, ()), address)
    return found


def _tell(facts: dict[str, Any], *lines: str, as_json: bool) -> None:
    click.echo(json.dumps(facts) if as_json else for_terminal("\n".join(lines)))
