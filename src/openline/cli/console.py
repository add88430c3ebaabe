"""`openline console`: serve the page on which officers keep a watch; say who may use it.

Rules of this file: who can run this on the machine can do here what a supervisor can in the browser, and what they
cannot: enrol the first one. An enrolment code is printed once and kept as a hash.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from openline.cli.asking import show_json
from openline.cli.files import FILE, checked_accord, for_terminal, json_option, read_file, utc
from openline.console.accounts import journal
from openline.console.accounts.roster import CODE_LIFE_S, COMMAND_LINE, DEFAULT_ROLES, Enrolled
from openline.console.accounts.service import Accounts, open_accounts
from openline.console.acting import Role
from openline.station import config as configs
from openline.station.config import Config
from openline.station.config import Console as Settings
from openline.wire.errors import Misuse

HEAD_SHOWN: Final = 16
_RAW: Final = frozenset({"assertion", "public_key", "signature", "said", "why_said"})  # told by --json
ROLE: Final = click.Choice([role.value for role in Role])
CODE_MINUTES_MAX: Final = 7 * 24 * 60


@click.group()
def console() -> None:
    """Serve the officers' web page; say who may use it."""


@console.command()
@click.argument("config", type=FILE)
def run(config: Path) -> None:
    """Serve the console of the station that CONFIG describes, until SIGTERM or Ctrl-C.

    `openline up` does it by itself where CONFIG has [console].
    """
    from openline.console import program  # the web parts are heavy, and the other verbs do without

    asyncio.run(program.run(configs.load(config)))


@console.command()
@click.argument("config", type=FILE)
@click.argument("officer")
@click.option("--role", "roles", type=ROLE, multiple=True, help="Give the officer exactly these roles; again for more."
              f"  [default: what they have, or {' and '.join(DEFAULT_ROLES)}]")
@click.option("--minutes", type=click.IntRange(1, CODE_MINUTES_MAX), default=CODE_LIFE_S // 60, show_default=True,
              help="How long the code works.")
@json_option
def enrol(config: Path, officer: str, roles: tuple[Role, ...], minutes: int, as_json: bool) -> None:
    """Make a code by which OFFICER enrols a passkey in their browser. It works once, and is shown once.

    \b
    openline console enrol station.toml kim --role officer --role supervisor
    """
    where = configs.load(config)
    _check_officer(where, officer)
    with _accounts(where) as (accounts, settings):
        now_s, roster = accounts.now().clock_s, accounts.roster
        if roles or not roster.roles(officer):
            roster.set_roles(officer, roles or DEFAULT_ROLES, COMMAND_LINE, now_s)
        code = roster.make_code(officer, COMMAND_LINE, now_s, minutes * 60)
        held = roster.roles(officer)
    at = f"{settings.origin}/enrol"
    if as_json:
        show_json({"officer": officer, "roles": held, "code": code, "expires_s": now_s + minutes * 60, "at": at})
        return
    click.echo(for_terminal(f"{officer} ({', '.join(held)}) enrols at {at} until {utc(now_s + minutes * 60)} with"))
    click.echo(code)


@console.command()
@click.argument("config", type=FILE)
@json_option
def officers(config: Path, as_json: bool) -> None:
    """List the officers whom the console knows: roles, passkeys, codes that wait."""
    with _accounts(configs.load(config)) as (accounts, _):
        found = accounts.roster.officers(accounts.now().clock_s)
    if as_json:
        show_json([_told(each) for each in found])
        return
    if not found:
        click.echo("no officer is enrolled; begin with one supervisor: openline console enrol --role supervisor")
    for each in found:
        waits = "" if each.code_expires_s is None else f"; a code works until {utc(each.code_expires_s)}"
        click.echo(for_terminal(f"{each.name}: {', '.join(each.roles) or 'no role'}{waits}"))
        for passkey in each.passkeys:
            used = "not used yet" if passkey.used_s is None else f"last used {utc(passkey.used_s)}"
            click.echo(for_terminal(f"  {passkey.id.hex()}  {passkey.label}, added {utc(passkey.added_s)}, {used}"))


def _told(each: Enrolled) -> dict[str, object]:
    return {
        "officer": each.name,
        "roles": each.roles,
        "code_expires_s": each.code_expires_s,
        "passkeys": [
            {"id": x.id.hex(), "label": x.label, "added_s": x.added_s, "used_s": x.used_s} for x in each.passkeys
        ],
    }


@console.command()
@click.argument("config", type=FILE)
@click.argument("officer")
@click.argument("roles", type=ROLE, nargs=-1)
@json_option
def roles(config: Path, officer: str, roles: tuple[Role, ...], as_json: bool) -> None:
    """Give OFFICER exactly these ROLES, or with none take all; who loses one is signed out."""
    where = configs.load(config)
    if roles:
        _check_officer(where, officer)
    with _accounts(where) as (accounts, _):
        accounts.roster.set_roles(officer, roles, COMMAND_LINE, accounts.now().clock_s)
        held = accounts.roster.roles(officer)
    if as_json:
        show_json({"officer": officer, "roles": held})
    else:
        click.echo(for_terminal(f"{officer}: {', '.join(held) or 'no role'}"))


@console.command()
@click.argument("config", type=FILE)
@click.argument("officer")
@click.option("--passkey", metavar="ID", help="Only this one; by its id, or the id's first digits.")
@json_option
def revoke(config: Path, officer: str, passkey: str | None, as_json: bool) -> None:
    """Take OFFICER's passkeys away, with any code, and end their sessions. The roles stay for a new enrolment."""
    with _accounts(configs.load(config)) as (accounts, _):
        now_s, roster = accounts.now().clock_s, accounts.roster
        if passkey is None:
            count = roster.reset(officer, COMMAND_LINE, now_s)
        else:
            roster.remove_passkey(_named(accounts, officer, passkey), COMMAND_LINE, now_s)
            count = 1
    if as_json:
        show_json({"officer": officer, "revoked": count})
    else:
        click.echo(for_terminal(f"{officer}: {count} passkey{'' if count == 1 else 's'} revoked, and signed out"))


def _named(accounts: Accounts, officer: str, passkey: str) -> bytes:
    ids = [each.id for each in accounts.roster.passkeys(officer)]
    meant = [each for each in ids if passkey and each.hex().startswith(passkey.lower())]
    if len(meant) != 1:
        raise Misuse(
            f"{'no' if not meant else 'more than one'} passkey of {officer} begins with {passkey}",
            next_step="See them: openline console officers.",
        )
    return meant[0]


@console.command()
@click.argument("config", type=FILE)
@click.option("--last", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many rows to show.")
@click.option("--head", metavar="HEX", help="A head that was noted before: say whether the log still holds it.")
@json_option
@click.pass_context
def log(ctx: click.Context, config: Path, last: int, head: str | None, as_json: bool) -> None:
    """Show the log of sign-ins, enrolments, roles and releases, and check all of it.

    Exit 1 where a row was changed or is missing, or the head noted before is nowhere in it.
    """
    with _accounts(configs.load(config)) as (accounts, _):
        verdict = accounts.log.check()
        rows = accounts.log.last(last)
        lost = head is not None and not accounts.log.holds(head)
    if as_json:
        show_json({
            "rows": verdict.rows, "head": verdict.head.hex(), "wrong": verdict.wrong, "head_lost": lost,
            "last": [{**row._asdict(), "digest": row.digest.hex(), "hash": row.hash.hex()} for row in rows],
        })  # fmt: skip
    else:
        for row in reversed(rows):
            click.echo(for_terminal(f"{row.number:>6}  {utc(row.at_s)}  {row.officer or '-'}: {_line(row)}"))
        click.echo(f"{verdict.rows} rows, head {verdict.head.hex()}")
        if verdict.wrong:
            click.echo(f"the log is not whole: {verdict.wrong}", err=True)
        if lost:
            click.echo("the head that was noted before is nowhere in this log", err=True)
    ctx.exit(1 if verdict.wrong or lost else 0)


def _line(row: journal.Row) -> str:
    about = {name: value for name, value in row.facts.items() if name not in _RAW}
    told = ", ".join(f"{name} {value}" for name, value in about.items() if value not in (None, ""))
    digest = f", digest {row.digest.hex()[:HEAD_SHOWN]}…" if row.digest else ""
    return f"{row.kind}{': ' if told else ''}{told}{digest}"


def _check_officer(where: Config, officer: str) -> None:
    """Raises: Misuse: the accord names no such officer of our side."""
    signed = checked_accord(read_file(where.station.accord), where.station.accord)
    names = [x.name for side in signed.accord.sides if side.name == where.station.side for x in side.officers]
    if officer not in names:
        raise Misuse(
            f"the accord names no officer {officer} of {where.station.side}",
            next_step=f"There is: {', '.join(names)}.",
        )


@contextmanager
def _accounts(where: Config) -> Iterator[tuple[Accounts, Settings]]:
    """The console's file; a console that runs on it may go on.

    Raises:
        Misuse: the configuration has no console. StorageFault: its file cannot be used.
    """
    if where.console is None:
        raise Misuse("the configuration has no [console]", next_step="Add one: docs/station.md says how.")
    accounts = open_accounts(where.console.store, where.console.origin, "", where.console.idle_s)
    try:
        yield accounts, where.console
    finally:
        accounts.close()
