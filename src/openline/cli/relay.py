"""`openline relay`: for whoever runs a NATS server as a relay, and for the station that uses one (spec 5.4).

Rules of this file: secrets come from files, never from the command line; the check leaves nothing behind at the server.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import click

from openline.carriers.mailbox import Limits, names, stream_config
from openline.carriers.nats_link import Login, TlsFiles, Unreachable, parse_url, shown
from openline.carriers.relay import RelaySettings
from openline.carriers.relay_check import Finding, Outcome, check
from openline.cli.files import json_option
from openline.keys.mailboxes import mailbox
from openline.keys.nkeys import read_credentials
from openline.wire.accord import CarrierKind
from openline.wire.errors import Misuse

PROBLEM: Final = 1
UNREACHABLE: Final = 4
FILE: Final = click.Path(path_type=Path)
MARKS: Final = {Outcome.OK: "ok     ", Outcome.WARNING: "warning", Outcome.PROBLEM: "PROBLEM"}


@click.group()
def relay() -> None:
    """Check a relay's NATS server, or name an accord's mailboxes there."""


# --- check


@relay.command("check")
@click.argument("url", metavar="URL")
@click.option("--user", default="", help="The name to log in by.")
@click.option("--password-file", type=FILE, help="The password of --user, in its first line.")
@click.option("--token-file", type=FILE, help="A token to log in by, in its first line.")
@click.option("--credentials", type=FILE, help="A NATS credentials file to log in by.")
@click.option("--ca", type=FILE, help="Whose certificates to trust (PEM); the system's if left out.")
@click.option("--certificate", type=FILE, help="Our own certificate (PEM), if the server asks for one.")
@click.option("--key", type=FILE, help="The key of --certificate (PEM).")
@click.option("--domain", default="", help="JetStream's domain, where the server has one.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(0.1, 60), default=4.0, help="Seconds to wait.")
@json_option
@click.pass_context
def check_verb(
    ctx: click.Context,
    *,
    url: str,
    user: str,
    password_file: Path | None,
    token_file: Path | None,
    credentials: Path | None,
    ca: Path | None,
    certificate: Path | None,
    key: Path | None,
    domain: str,
    timeout_s: float,
    as_json: bool,
) -> None:
    """Say whether the NATS server at URL (nats://HOST:PORT or tls://…) is configured right for a relay.

    Exit 0: it is, warnings aside. 1: a problem. 4: nobody answers there.
    """
    parse_url(url)
    held = read_credentials(_text(credentials)) if credentials else None
    login = Login(
        user=user,
        password=_first_line(password_file),
        token=_first_line(token_file),
        nkey=held.nkey if held else None,
        jwt=held.jwt if held else "",
    )
    settings = RelaySettings(
        urls=(url,), login=login, tls=TlsFiles(ca, certificate, key), domain=domain, connect_s=timeout_s
    )
    try:
        findings = asyncio.run(check(settings))
    except Unreachable as fault:
        found = Finding("connection", Outcome.PROBLEM, fault.what, "Check address, port and firewall; is it running?")
        _show(url, [found], as_json)
        ctx.exit(UNREACHABLE)
    _show(url, findings, as_json)
    if any(x.outcome is Outcome.PROBLEM for x in findings):
        ctx.exit(PROBLEM)


def _show(url: str, findings: list[Finding], as_json: bool) -> None:
    if as_json:
        facts = [{"what": x.what, "outcome": x.outcome.value, "said": x.said, "do": x.do} for x in findings]
        fine = not any(x.outcome is Outcome.PROBLEM for x in findings)
        click.echo(json.dumps({"url": shown(url), "usable": fine, "findings": facts}))
        return
    wide = max(len(x.what) for x in findings)
    for x in findings:
        click.echo(f"{MARKS[x.outcome]}  {x.what:<{wide}}  {x.said}")
        if x.do:
            click.echo(f"{'':<{wide + 11}}▸ {x.do}")


# --- names


@relay.command("names")
@click.argument("config", type=FILE, metavar="CONFIG")
@json_option
def names_verb(config: Path, as_json: bool) -> None:
    """Name the mailboxes of the station of CONFIG, and what the server must allow it.

    The names are no secret towards the relay's operator, who sees them; show them to nobody else.
    """
    facts = [_named(*each) for each in _relays(config)]
    if as_json:
        click.echo(json.dumps({"relays": facts}))
        return
    for each in facts:
        click.echo(f"relay {each['carrier']}\n  our mailbox    {each['ours']}\n  their mailbox  {each['theirs']}")
        for verb in ("publish", "subscribe"):
            click.echo(f"  may {verb}")
            for subject in each[verb]:
                click.echo(f"    {subject}")
        click.echo("  streams, where the station may not create them")
        for stream in each["streams"]:
            click.echo(f"    {json.dumps(stream)}")


def _relays(path: Path) -> list[tuple[str, str, str]]:
    """Each relay of the configuration: its id, our mailbox, theirs.

    Raises:
        Misuse: the configuration or a file it names is wrong, or it has no relay.
    """
    from openline.station.files import hold_files  # heavy, and `relay check` needs none of it

    held = hold_files(path)
    signed = held.signed
    kinds = {x.id: x.kind for x in signed.accord.carriers}
    found = [
        (each.id, *(mailbox(held.psk, signed.id, each.id, receiver) for receiver in (held.us, 1 - held.us)))
        for each in held.config.carrier
        if kinds[each.id] is CarrierKind.RELAY
    ]
    if not found:
        raise Misuse(f"{path}: this station has no relay", next_step="Give a [[carrier]] table `servers`.")
    return [(carrier, ours, theirs) for carrier, ours, theirs in found]


def _named(carrier: str, ours: str, theirs: str) -> dict[str, Any]:
    """What `names` says of one relay. The last two subjects of `publish` may be left out where the operator creates
    the streams."""
    us, them = names(ours), names(theirs)
    return {
        "carrier": carrier,
        "ours": ours,
        "theirs": theirs,
        "publish": [
            them.keep,
            them.now,
            f"$JS.ACK.{us.stream}.station.>",
            f"$JS.API.CONSUMER.DELETE.{us.stream}.station",
            f"$JS.API.CONSUMER.DURABLE.CREATE.{us.stream}.station",
            f"$JS.API.CONSUMER.MSG.NEXT.{us.stream}.station",
            f"$JS.API.CONSUMER.INFO.{them.stream}.station",
            f"$JS.API.STREAM.INFO.{us.stream}",
            f"$JS.API.STREAM.INFO.{them.stream}",
            f"$JS.API.STREAM.CREATE.{us.stream}",
            f"$JS.API.STREAM.CREATE.{them.stream}",
        ],
        "subscribe": [f"openline.{ours}.>"],
        "streams": [stream_config(box, Limits()) for box in (ours, theirs)],
    }


def _first_line(path: Path | None) -> str:
    return _text(path).split("\n", 1)[0].strip() if path else ""


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Misuse(f"{path}: cannot be read as text: {error}") from None
