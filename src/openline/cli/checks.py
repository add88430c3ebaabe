"""What `openline doctor` looks at: files, record, disk, clock, terms, paths, alarms, backup.

Rules of this file: each check gives findings and never fails; what cannot be looked at is said to be so; nothing is
written, and a connection that is tried sends nothing of the record.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from openline.carriers.live import address
from openline.carriers.live_tls import client_context
from openline.carriers.nats_link import Unreachable
from openline.carriers.relay_check import Finding, Outcome
from openline.carriers.relay_check import check as check_relay
from openline.cli import backing
from openline.cli.asking import Asking
from openline.cli.case import Case, bindable, ok, problem, warning
from openline.cli.checks_post import console, voice
from openline.keys import tls
from openline.station import config as configs
from openline.station import probes
from openline.station.api import types as t
from openline.station.files import check_secret, read_accord
from openline.station.key_file import is_plain
from openline.station.reading import read, read_secret
from openline.station.relaying import relay_settings
from openline.store import copying
from openline.store.lock import Lock
from openline.wire.accord import CarrierKind
from openline.wire.errors import OpenlineError, StorageFault
from openline.wire.zones import known

DAY_S: Final = 86_400
SOON_DAYS: Final = 30
BACKUP_DAYS: Final = 7  # chosen: a week of one side's words is what two disks at once may cost
PATIENCE_S: Final = 4.0
SCARCE_BYTES: Final = 1024**3
FULL_BYTES: Final = 100 * 1024**2
TIME_ERROR: Final = 5  # adjtimex: the clock is not synchronised
TIMEX_BYTES: Final = 512  # more than the kernel's structure has anywhere


def look(config_file: Path) -> list[Finding]:
    """All findings.

    Raises:
        Misuse: the configuration cannot be read.
    """
    config = configs.load(config_file)
    findings = [ok("configuration", f"{config_file} reads")]
    try:
        signed = read_accord(config.station.accord)
        config = configs.load(config_file, signed.accord)
    except OpenlineError as error:
        return [*findings, problem("accord", error.what, error.next_step or "Put the signed accord back.")]
    names = [side.name for side in signed.accord.sides]
    us = names.index(config.station.side)
    said = f"{signed.accord.name}: every signature holds; this is {names[us]}, the other side is {names[1 - us]}"
    findings.append(ok("accord", said))
    status, running = _status(config_file)
    runs = Asking(config_file).is_running()
    case = Case(config, signed, us, status, runs)
    return [*findings, *running, *(x for check in CHECKS for x in _guarded(check, case))]


def _guarded(check: Callable[[Case], Iterator[Finding]], case: Case) -> Iterator[Finding]:
    try:
        yield from check(case)
    except OpenlineError as error:
        lost = "openline restore CONFIG --from DIR, or --from peer; docs/operating.md says how."
        otherwise = lost if isinstance(error, StorageFault) else "See docs/station.md."
        yield problem(check.__name__, error.what, error.next_step or otherwise)
    except OSError as error:
        yield problem(check.__name__, f"{error.filename or ''} {error.strerror}".strip(), "See that it can be read.")


def _status(config_file: Path) -> tuple[t.Status | None, list[Finding]]:
    asked = Asking(config_file)
    if not asked.is_running():
        return None, [warning("station", "is not running", f"Start it: openline up {config_file}")]
    try:
        status = asked.get("/v1/status", t.Status)
    except OpenlineError as error:
        return None, [problem("station", f"runs, and cannot work: {error.what}", error.next_step)]
    if status.restoring:
        said = "runs, and fetches its record back; it appends nothing until then"
        return status, [warning("station", said, "See how far it is: openline status")]
    return status, [ok("station", f"runs, release {status.version}")]


# ---- files


def files(case: Case) -> Iterator[Finding]:
    """What the configuration names is there, and secrets are their owner's alone."""
    wrong = False
    for key, path in backing.files_named(case.config).items():
        if not path.is_file():
            wrong = True
            yield problem("files", f"{key}: {path} is not there", "Put it back: openline restore CONFIG --from DIR")
        elif not key.endswith((".ca", ".certificate")) and path.stat().st_mode & 0o077:
            wrong = True
            yield problem("files", f"{key}: others may read {path}", f"chmod 600 {path}")
    if not wrong:
        yield ok("files", "all there, secrets their owner's alone")


def keys(case: Case) -> Iterator[Finding]:
    """The secret is the accord's; how the keys lie on this disk."""
    check_secret(read_secret(case.config.station.secret), case.config.station.secret, case.signed)
    yield ok("secret", "is the one that this accord was made with")
    if is_plain(read(case.config.station.keys)):
        yield ok("keys", "lie open on this disk: whoever reads it has them; openline key protect puts a passphrase on")
    else:
        asked = "from a file" if case.config.station.passphrase_file else "asked for at every start"
        yield ok("keys", f"are under a passphrase, {asked}")


def certificate(case: Case) -> Iterator[Finding]:
    """The TLS file against our root."""
    path = case.config.station.tls
    if path is not None:
        pem = read(path)
        tls.check(pem, case.signed.accord.sides[case.us].root_ed25519)
        yield ok("TLS", f"{path.name}: a certificate of our root; it does not run out; it reads {tls.digest(pem)}")


# ---- record and disk


def record(case: Case) -> Iterator[Finding]:
    """The store opens, and nobody else holds it."""
    place = case.config.station.store
    if case.status is not None:
        heads = case.status.heads
        yield ok("record", f"{heads.entries:,} entries; ours ends at {heads.ours or 'nothing'}")
    elif case.runs:
        yield warning("record", "is held by the running station, which cannot say how it is", "Look at its log.")
    elif "://" in place:
        yield warning("record", "is in a database, which only the running station opens", "Start the station.")
    elif not os.path.exists(place):
        yield problem("record", f"no store at {place}", "Check the path, or: openline restore CONFIG --from DIR")
    else:
        if not os.access(place, os.W_OK) or not os.access(Path(place).absolute().parent, os.W_OK):
            yield problem(
                "record", f"{place}: this user may not write it, or not into its folder",
                "Look as the user that runs the station; else give that user the folder: chown -R",
            )
            return
        Lock(os.path.realpath(place)).release()
        held = copying.contents(place, live=True, thorough=True)
        yield ok("record", f"{held.entries:,} entries, each with its own id")


def disk(case: Case) -> Iterator[Finding]:
    """Room for the record to grow."""
    place = case.config.station.store
    folder = case.config.station.keys.parent if "://" in place else Path(place).absolute().parent
    free = shutil.disk_usage(folder).free
    said = f"{free / 1024**3:,.1f} GiB free where the record is"
    if free < FULL_BYTES:
        yield problem("disk", said, "Make room now: a full disk stops the record.")
    elif free < SCARCE_BYTES:
        yield warning("disk", said, "Make room: a thousand ordinary entries take about a megabyte.")
    else:
        yield ok("disk", said)


def backup(case: Case) -> Iterator[Finding]:
    """How old the last backup is, as far as this record knows."""
    at_s = None if case.status is None else case.status.backed_up_s
    if case.status is None:
        yield warning("backup", "only the running station knows of its last one", "Start the station.")
    elif at_s is None:
        yield warning("backup", "none is known", "Make one: openline backup DIR")
    else:
        days = (int(time.time()) - at_s) // DAY_S
        said = "the last one is of today" if days < 1 else f"the last one is {days} days old"
        yield ok("backup", said) if days < BACKUP_DAYS else warning("backup", said, "Make one: openline backup DIR")


# ---- clock and terms


def clock(case: Case) -> Iterator[Finding]:
    """The clock can be right, and something keeps it right."""
    if int(time.time()) < case.signed.accord.founded_s:
        yield problem("clock", f"says {_day(time.time())}, before the accord was founded", "Set this machine's clock.")
        return
    state = _synchronised()
    if state is None:
        yield warning("clock", "whether anything keeps it right cannot be told here", "See to an NTP service.")
    elif state:
        yield ok("clock", "is kept right by a time service")
    else:
        yield warning("clock", "nothing keeps it right", "Run an NTP service; two seconds off raise an alarm.")


def _synchronised() -> bool | None:
    """What the kernel says of its clock; None where it says nothing."""
    try:
        state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != TIME_ERROR


def zones(case: Case) -> Iterator[Finding]:
    """Every zone that the accord names is known here; else its check-ins are never due."""
    accord = case.signed.accord
    named = {side.zone for side in accord.sides} | {c.zone for line in accord.lines for c in line.check_ins}
    unknown = sorted(zone for zone in named if not known(zone))
    if unknown:
        yield problem("zones", f"unknown here: {', '.join(unknown)}", "Update this machine's time zone data (tzdata).")
    else:
        yield ok("zones", f"{', '.join(sorted(named))}: known")


def holidays(case: Case) -> Iterator[Finding]:
    """Lines with calls on working days have holidays of the year ahead."""
    today = int(time.time()) // DAY_S
    for line in case.signed.accord.lines:
        if any(not check_in.days for check_in in line.check_ins):
            ahead = [day for day in line.holidays if today <= day <= today + 365]
            if ahead:
                yield ok("holidays", f"{line.id}: {len(ahead)} in the year ahead")
            else:
                yield warning(
                    "holidays", f"{line.id}: the accord has none in the year ahead, so it rings on every working day",
                    f"If that is not meant: openline amend {line.id} --holiday DATE",
                )


def lines(case: Case) -> Iterator[Finding]:
    """No line expires unnoticed."""
    if case.status is not None:
        ends = {line.id: line.expires_s for line in case.status.lines}
    else:
        ends = {line.id: line.expires_s for line in case.signed.accord.lines}
    now_s, well = int(time.time()), True
    for name, at_s in ends.items():
        if at_s and at_s < now_s + SOON_DAYS * DAY_S:
            well = False
            said = f"{name} {'expired' if at_s <= now_s else 'expires'} on {_day(at_s)}"
            yield warning("lines", said, f"Agree on more time: openline amend {name} --expires TIME")
    if well:
        yield ok("lines", f"{len(ends)}; none expires within {SOON_DAYS} days")


# ---- paths


def carriers(case: Case) -> Iterator[Finding]:
    """Every carrier of the accord is configured, and its path can be had."""
    asked = {carrier.id: carrier for carrier in case.config.carrier}
    for agreed in case.signed.accord.carriers:
        one = asked.get(agreed.id)
        what = f"carrier {agreed.id}"
        if agreed.kind is CarrierKind.COURIER:
            yield ok(what, "carried by hand: openline courier pack DIR")
        elif one is None:
            yield warning(what, "is agreed, and not configured here", "Give it a [[carrier]] table.")
        elif agreed.kind is CarrierKind.LIVE:
            yield from _live(case, one, what)
        else:
            yield from _relay(case, one, what)


def _state(case: Case, one: configs.Carrier) -> t.CarrierState | None:
    """What the running station says of this carrier."""
    return None if case.status is None else next((c for c in case.status.carriers if c.id == one.id), None)


def _live(case: Case, one: configs.Carrier, what: str) -> Iterator[Finding]:
    state = _state(case, one)
    if state is not None and state.up:
        yield ok(what, "up")
        return
    if one.listen and not case.runs:
        yield from bindable(one.listen, what)
    for where in one.connect:
        yield from _handshake(case, where, what)
    if not one.connect and state is not None:
        yield warning(what, f"listens at {one.listen}: {state.state}", "They begin this connection: ask them.")


def ports(case: Case) -> Iterator[Finding]:
    """Where the station serves figures and programs, while it does not."""
    if not case.runs:
        for what, where in (("metrics", case.config.metrics.listen), ("api", case.config.api.listen)):
            if where:
                yield from bindable(where, what)


def _handshake(case: Case, where: str, what: str) -> Iterator[Finding]:
    path = case.config.station.tls
    if path is None:
        return
    context = client_context(path, tls.anchor(case.signed.accord.sides[1 - case.us].root_ed25519))
    try:
        with closing(socket.create_connection(address(where), timeout=PATIENCE_S)) as plain:
            context.wrap_socket(plain).close()
    except ssl.SSLError as error:
        yield problem(
            what, f"{where} answers, and is not the other side's station: {error.reason or error}",
            "Check the address; if it is right, ask them whether their root and certificate are as agreed.",
        )
    except OSError as error:
        said = error.strerror or "no answer"
        yield warning(what, f"{where}: {said}", "Check cable, address and firewall, ours and theirs.")
    else:
        yield ok(what, f"{where}: their station answers, under their root")


def _relay(case: Case, one: configs.Carrier, what: str) -> Iterator[Finding]:
    """What the station says of it, for its login may be limited to its own mailboxes; then what anybody can see."""
    state = _state(case, one)
    if state is not None and state.up:
        yield ok(what, "up")
    elif state is not None:
        yield warning(what, f"is not up: {state.state}", "See docs/relay.md, and ask who runs it.")
    try:
        found = asyncio.run(check_relay(relay_settings(one)))
    except Unreachable as error:
        yield warning(what, error.what, "Check address and firewall; ask who runs the relay.")
        return
    bad = [x for x in found if x.outcome is not Outcome.OK]
    yield from (Finding(what, x.outcome, f"{x.what}: {x.said}", x.do) for x in bad)
    if not bad:
        yield ok(what, f"{len(found)} things looked at, all well")


def points(case: Case) -> Iterator[Finding]:
    """Our own reference points, by which a fault of ours is told from a silence of theirs."""
    targets = case.config.probes.targets
    if not targets:
        yield warning(
            "probes", "none, so a fault of our own network cannot be told from their silence",
            "Give [probes] targets two points of our own network.",
        )
    for target in targets:
        if asyncio.run(probes.any_answers((target,))):
            yield ok("probes", f"{target} answers")
        else:
            yield warning("probes", f"{target} does not answer", "Check our own network, or give another point.")


def alarms(case: Case) -> Iterator[Finding]:
    """How an alarm reaches somebody who does not look at the screen."""
    of = case.config.alarm
    ways = [f"{len(of.webhook)} webhooks"] * bool(of.webhook) + ["mail"] * bool(of.mail)
    ways += [f"command {of.command[0]}"] if of.command else []
    if of.command and shutil.which(of.command[0]) is None:
        yield problem("alarms", f"{of.command[0]} cannot be run", "Give [alarm] command a program that is there.")
    for remark in () if case.status is None else case.status.remarks:
        if remark.startswith("alarms "):  # the others are of what is looked at here anyway
            yield warning("alarms", remark, "Mend that way, and see: openline alarm test")
    if ways:
        yield ok("alarms", ", ".join(ways))
    else:
        yield warning("alarms", "reach nobody who does not look", "Give [alarm] a webhook, mail or command.")
    if case.status is not None and case.status.alarms:
        yield warning("alarms", f"sounding now: {', '.join(case.status.alarms)}", "See openline status.")


def _day(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d")


CHECKS: Final = (
    files, keys, certificate, record, disk, backup, clock, zones, holidays, lines, carriers, ports, voice, console,
    points, alarms,
)  # fmt: skip
