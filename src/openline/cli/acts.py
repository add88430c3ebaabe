"""Officers' acts: `openline suspend`, `propose`, `accept`, `withdraw`, `amend`, `presence`, `acknowledge`, `announce`.

Rules of this file: what cuts or restores everything is never what a forgotten word means: all lines are named by
`--all`; an act is signed by the officers whose keys are given, or waits for them (`openline release`).
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from openline.cli import acting
from openline.cli.acting import Ground
from openline.cli.asking import station_option
from openline.cli.files import FILE, for_terminal, json_option, named_values, read_file
from openline.cli.moments import instant_s, length_s
from openline.keys import notes
from openline.station.api import types as t
from openline.station.api import types_items as items
from openline.wire.errors import Malformed, Misuse, Refused
from openline.wire.terms import Texts

LANES = click.option(
    "--lane", "lanes", type=click.Choice(["liaison", "safety"]), multiple=True, default=["liaison"], show_default=True,
    help="May be repeated; safety stays as it is unless named.",
)  # fmt: skip
ALL = click.option("--all", "all_lines", is_flag=True, help="All lines in force, instead of naming them.")
ANNOUNCE_KEY = click.option("--announce-key", type=FILE, help="Our side's announcement keys, which sign the text.")


def _lines(lines: tuple[str, ...], all_lines: bool) -> tuple[str, ...]:
    if bool(lines) == all_lines:
        raise Misuse("name the lines, or all of them with --all")
    return lines


@click.command()
@click.argument("lines", nargs=-1)
@ALL
@LANES
@click.option("--reason", default="", help="Told to the other side; none need be given.")
@click.option("--from", "from_", metavar="TIME", help="From when, 2026-12-01T09:00 or +30m; else from now on.")
@acting.officer_options
@station_option
@json_option
def suspend(
    lines: tuple[str, ...], all_lines: bool, lanes: tuple[t.LaneName, ...], reason: str, from_: str | None,
    keys: tuple[Path, ...], passphrase_file: Path | None, station: Path, as_json: bool,
) -> None:
    """Cut LINES, alone and at once. Only both sides together restore them.

    \b
    openline suspend liaison --reason leaflets --key kim.key
    openline suspend --all --from 2026-12-01T12:00
    """
    named, at = _lines(lines, all_lines), acting.ground(station)
    from_s = 0 if from_ is None or from_ == "now" else instant_s(from_, at.zone, int(time.time()))
    command = t.Suspend(lines=named, lanes=lanes, reason=reason, from_s=from_s)
    acting.say(acting.enact(at, command, keys, passphrase_file), as_json=as_json)


@click.command()
@click.argument("lines", nargs=-1)
@ALL
@LANES
@click.option("--effective", required=True, metavar="TIME", help="When it opens: 2026-12-01T09:00, or +2h.")
@acting.officer_options
@station_option
@json_option
def propose(
    lines: tuple[str, ...], all_lines: bool, lanes: tuple[t.LaneName, ...], effective: str, keys: tuple[Path, ...],
    passphrase_file: Path | None, station: Path, as_json: bool,
) -> None:
    """Propose to restore LINES. It lists every suspension that is active there, and lifts nothing by itself.

    Choose a time later than the slowest path's round trip.

    \b
    openline propose liaison --effective 2026-12-01T10:00 --key kim.key
    """
    named, at = _lines(lines, all_lines), acting.ground(station)
    effective_s = instant_s(effective, at.zone, int(time.time()))
    command = t.Propose(lines=named, lanes=lanes, effective_s=effective_s)
    acting.say(acting.enact(at, command, keys, passphrase_file), as_json=as_json)


@click.command()
@click.argument("ref")
@ANNOUNCE_KEY
@acting.officer_options
@station_option
@json_option
def accept(
    ref: str, announce_key: Path | None, keys: tuple[Path, ...], passphrase_file: Path | None, station: Path,
    as_json: bool,
) -> None:
    """Accept the other side's proposal, amendment, announcement or minute REF.

    A restoration is concluded when the proposer's station has confirmed. An announcement is signed too, with
    --announce-key: what is signed is shown.

    \b
    openline accept "south 0/17" --key kim.key
    """
    at = acting.ground(station)
    offer = at.asking.get("/v1/inbox/item", items.One, ref=ref).offer
    if offer is None:
        raise Misuse(f"{ref} is no proposal, amendment, announcement or minute")
    command = t.Accept(target=offer.id)
    if offer.kind in notes.KINDS:
        if announce_key is None:
            raise Misuse(f"to accept {'an' if offer.kind[0] == 'a' else 'a'} {offer.kind} is to sign it",
                         next_step="Give our side's announcement keys: --announce-key FILE.")  # fmt: skip
        signed = _signed(at, tuple(sorted(offer.texts.items())), offer.kind, announce_key, passphrase_file)
        command = t.Accept(target=offer.id, ed25519=signed.ed25519.hex(), mldsa44=signed.mldsa44.hex())
    elif announce_key is not None:
        raise Misuse(f"{ref} is no announcement", next_step="Leave --announce-key out.")
    acting.say(acting.enact(at, command, keys, passphrase_file), as_json=as_json)


@click.command()
@click.argument("ref")
@acting.officer_options
@station_option
@json_option
def withdraw(
    ref: str, keys: tuple[Path, ...], passphrase_file: Path | None, station: Path, as_json: bool
) -> None:
    """Take our own proposal, amendment, announcement or minute REF back, as long as it is not accepted."""
    at = acting.ground(station)
    acting.say(acting.enact(at, t.Withdraw(target=ref), keys, passphrase_file), as_json=as_json)


@click.command()
@click.argument("line")
@click.option("--effective", required=True, metavar="TIME", help="From when: 2026-12-01T09:00, or +1d.")
@click.option("--check-in", "check_ins", multiple=True, metavar='"HH:MM CALLER [working|daily] [ZONE]"',
              help="A scheduled call; all of them are given anew. Daily, in our side's zone, unless it says otherwise.")
@click.option("--no-check-ins", is_flag=True, help="No scheduled calls any more.")
@click.option("--carrier", "carriers", multiple=True, metavar="ID", help="A carrier of the line; all are given anew.")
@click.option("--expires", metavar="TIME|never", help="When the line expires.")
@click.option("--holiday", "holidays", multiple=True, metavar="DAY", help="A day without working-day calls.")
@click.option("--no-holidays", is_flag=True, help="No holidays any more.")
@click.option("--pulse", metavar="LENGTH", help="How often a sign of life is sent: 60s.")
@acting.officer_options
@station_option
@json_option
def amend(line: str, keys: tuple[Path, ...], passphrase_file: Path | None, station: Path, as_json: bool,
          **given: Any) -> None:  # fmt: skip
    """Propose a change of LINE's terms. What is not given stays; both sides must agree.

    \b
    openline amend liaison --effective +7d --check-in "09:00 south working" --check-in "17:00 south" --key kim.key
    openline amend liaison --effective +1h --expires 2027-12-31T00:00
    """
    at, now_s = acting.ground(station), int(time.time())
    changes = _changes(at, given, now_s)
    if not changes:
        raise Misuse("this changes nothing", next_step="Give what is to change: see openline amend --help.")
    effective_s = instant_s(given["effective"], at.zone, now_s)
    command = acting.filled(t.Amend, {"do": "amend", "line": line, "effective_s": effective_s, **changes})
    acting.say(acting.enact(at, command, keys, passphrase_file), as_json=as_json)


def _changes(at: Ground, given: dict[str, Any], now_s: int) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for many, none in (("check_ins", "no_check_ins"), ("holidays", "no_holidays")):
        if given[many] and given[none]:
            raise Misuse(f"--{none.replace('_', '-')} says that there are none, and some are given")
        if given[many] or given[none]:
            changes[many] = list(given[many])
    if given["check_ins"]:
        changes["check_ins"] = [_check_in(text) for text in given["check_ins"]]
    if given["carriers"]:
        changes["carriers"] = list(given["carriers"])
    if given["expires"] is not None:
        expires = given["expires"]
        changes["expires_s"] = 0 if expires == "never" else instant_s(expires, at.zone, now_s)
    if given["pulse"] is not None:
        changes["pulse_s"] = length_s(given["pulse"])
    return changes


def _check_in(text: str) -> dict[str, str]:
    words = text.split()
    if len(words) < 2 or len(words) > 4:
        raise Misuse(f"“{text}” is no scheduled call", next_step='Write "09:00 south working Asia/Seoul".')
    found = {"at": words[0], "caller": words[1]}
    for word in words[2:]:
        found["days" if word in ("working", "daily") else "zone"] = word
    return found


@click.command()
@click.argument("mode", type=click.Choice(["shown", "withheld"]))
@station_option
@json_option
def presence(mode: str, station: Path, as_json: bool) -> None:
    """Send signs of life, or withhold them. The record says which; withholding is a lawful state."""
    at = acting.ground(station)
    command = acting.filled(t.SetPresence, {"do": "presence", "mode": mode})
    acting.say(acting.enact(at, command), as_json=as_json)


@click.command()
@click.argument("ref")
@click.option("--officer", metavar="NAME", help="Whose word it is; with --key, its holder, else the one on watch.")
@acting.officer_options
@station_option
@json_option
def acknowledge(
    ref: str, officer: str | None, keys: tuple[Path, ...], passphrase_file: Path | None, station: Path, as_json: bool
) -> None:
    """Give the other side an officer's signed word that their message, notice or document REF was taken note of.

    \b
    openline acknowledge south–liaison–2026–3 --key kim.key
    """
    at = acting.ground(station)
    if len(keys) > 1:
        raise Misuse("an acknowledgement is one officer's own word", next_step="Give one --key.")
    if keys:
        holder = acting.officer_key(keys[0], passphrase_file, at)
        if officer not in (None, holder[1].name):
            raise Misuse(f"{keys[0]} is {holder[1].name}'s key, not {officer}'s")
        acting.say(acting.enact_with(at, t.Acknowledge(target=ref, officer=holder[1].name), [holder]), as_json=as_json)
    else:
        acting.say(acting.enact(at, t.Acknowledge(target=ref, officer=officer or _on_watch(at))), as_json=as_json)


def _on_watch(at: Ground) -> str:
    """The officer who holds the watch.

    Raises:
        Refused: nobody does. Misuse: several do, each a post.
    """
    officers = {post.officer for post in at.asking.get("/v1/status", t.Status).watch if post.officer}
    if not officers:
        raise Refused(
            "nobody holds the watch, so it is nobody's word",
            next_step="Come on watch: openline watch on --officer NAME; or give --officer NAME, or --key FILE.",
        )
    if len(officers) > 1:
        several = " and ".join(sorted(officers))
        raise Misuse(f"{several} are on watch", next_step="Say whose word it is: --officer NAME.")
    return officers.pop()


@click.command()
@click.argument("texts", nargs=-1, required=True, metavar="LANGUAGE=TEXT|LANGUAGE=@FILE…")
@click.option("--minute", is_flag=True, help="A minute: the agreed account of a call.")
@ANNOUNCE_KEY
@acting.officer_options
@station_option
@json_option
def announce(
    texts: tuple[str, ...], minute: bool, announce_key: Path | None, keys: tuple[Path, ...],
    passphrase_file: Path | None, station: Path, as_json: bool,
) -> None:
    """Offer a statement for the public, which counts only when both sides have signed it.

    \b
    openline announce "ko=통신선을 복원하였다." "en=The lines are restored." --announce-key announce.key --key kim.key
    openline announce en=@minute.txt --minute --announce-key announce.key
    """
    if announce_key is None:
        raise Misuse("a statement is signed with our side's announcement keys", next_step="Give --announce-key FILE.")
    at, written = acting.ground(station), _texts(texts)
    kind = "minute" if minute else "announcement"
    signed = _signed(at, written, kind, announce_key, passphrase_file)
    command = t.Statement(
        texts=dict(written), ed25519=signed.ed25519.hex(), mldsa44=signed.mldsa44.hex(), minute=minute
    )
    acting.say(acting.enact(at, command, keys, passphrase_file), as_json=as_json)


def _texts(given: tuple[str, ...]) -> Texts:
    said = named_values(given, bare="has no language", what="text in", form='en="TEXT", or en=@FILE')
    return tuple((each, _file_text(Path(x[1:])) if x.startswith("@") else x) for each, x in sorted(said.items()))


def _file_text(file: Path) -> str:
    try:
        return read_file(file).decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise Misuse(f"{file}: not UTF-8 text") from None


def _signed(
    at: Ground, texts: Texts, kind: str, announce_key: Path, passphrase_file: Path | None
) -> notes.PublicSignatures:
    """Our two signatures of a statement's note, which this program composed and showed."""
    try:
        text = notes.statement_text(at.signed.accord, at.signed.id, texts, kind)
    except Malformed as error:
        raise Misuse(f"this cannot be announced: {error.what}", next_step="Correct the text.") from None
    keys = acting.announce_keys(announce_key, passphrase_file, at)
    click.echo(for_terminal(f"{at.side.name} signs:\n\n{text}"), err=True)
    return notes.sign_statement(text, at.side.name, keys)
