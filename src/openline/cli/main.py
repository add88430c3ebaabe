"""`openline <verb>`: finds the verb, runs it, and turns an error into its exit code.

Rules of this file:
1. A verb's module is imported only when that verb is called: `openline --help` and completion stay instant.
2. Exit codes are a promise: 0 ok · 1 a fault here, or an expectation that did not hold · 2 wrong usage ·
   3 refused by a rule · 4 the peer is silent · 5 a record or its bytes do not verify. 130 and 141 are the
   shell's own, for an interrupt and for a reader that went away.
3. An error of ours is shown as its sentence and its next step on stderr, never as a traceback.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, Final, NamedTuple, NoReturn

import click

from openline import __version__
from openline.wire.errors import CarrierFault, Misuse, OpenlineError, OurFault, PeerFault, Refused, StorageFault

OK: Final = 0
FAULT_HERE: Final = 1
USAGE: Final = 2
REFUSED: Final = 3
PEER_SILENT: Final = 4
DOES_NOT_VERIFY: Final = 5
INTERRUPTED: Final = 130
READER_GONE: Final = 141

EXIT_CODES: Final[dict[type[OpenlineError], int]] = {
    Misuse: USAGE,
    Refused: REFUSED,
    PeerFault: DOES_NOT_VERIFY,
    CarrierFault: DOES_NOT_VERIFY,
    StorageFault: FAULT_HERE,
    OurFault: FAULT_HERE,
}


class Verb(NamedTuple):
    """Where a verb lives, and its line in `openline --help`."""

    target: str
    help: str


VERBS: Final[dict[str, Verb]] = {
    "play": Verb("openline.cli.play:play", "Play a scenario with two whole stations."),
    "demo": Verb("openline.cli.demo:demo", "Play the story of 27 July 2021, then prove and break its record."),
    "audit": Verb("openline.cli.audit:audit", "Check an exported record, offline, with public keys only."),
    "up": Verb("openline.cli.up:up", "Run a station until it is told to stop."),
    "status": Verb("openline.cli.status:status", "Show how the running station and its lines stand."),
    "why": Verb("openline.cli.status:why", "Say why a line of the running station is silent."),
    "call": Verb("openline.cli.calls:call", "Ring the other side on a line, and follow the call."),
    "answer": Verb("openline.cli.calls:answer", "Answer the call that rings."),
    "decline": Verb("openline.cli.calls:decline", "Decline the call that rings."),
    "defer": Verb("openline.cli.calls:defer", "Put the call that rings off until later."),
    "hangup": Verb("openline.cli.calls:hangup", "End a call."),
    "calls": Verb("openline.cli.calls:calls", "List the calls that last, and those that finished last."),
    "robot": Verb("openline.cli.robot:robot", "Answer calls by voice with a test signal, or place one."),
    "console": Verb("openline.cli.console:console", "Serve the officers' web page; say who may use it."),
    "watch": Verb("openline.cli.watch:watch", "Come on watch, go off, or see who is and was."),
    "message": Verb("openline.cli.sending:message", "Send a message, or answer one."),
    "notice": Verb("openline.cli.sending:notice", "Send a notice: a form and its fields."),
    "document": Verb("openline.cli.sending:document", "Send a document's pages, or save those that came."),
    "inbox": Verb("openline.cli.inbox:inbox", "List what the other side sent; show one of it, or open it."),
    "outbox": Verb("openline.cli.outbox:outbox", "Say how far each thing of ours got, and what is on its way."),
    "acknowledge": Verb("openline.cli.acts:acknowledge", "Give an officer's word that an item was taken note of."),
    "suspend": Verb("openline.cli.acts:suspend", "Cut lines."),
    "propose": Verb("openline.cli.acts:propose", "Propose to restore lines."),
    "accept": Verb("openline.cli.acts:accept", "Accept a proposal, amendment, announcement or minute."),
    "withdraw": Verb("openline.cli.acts:withdraw", "Take an offer of ours back."),
    "amend": Verb("openline.cli.acts:amend", "Propose a change of a line's terms."),
    "announce": Verb("openline.cli.acts:announce", "Offer a statement for the public, or a minute."),
    "statement": Verb("openline.cli.statement:statement", "Sign a statement where its keys are, or check one."),
    "presence": Verb("openline.cli.acts:presence", "Send signs of life, or withhold them."),
    "release": Verb("openline.cli.releasing:release", "Drafts that wait for officers: list, show, approve, drop."),
    "doctor": Verb("openline.cli.doctor:doctor", "Look at all that a station rests on, and say what to do."),
    "backup": Verb("openline.cli.backup:backup", "Back a station up into a folder, or verify a backup."),
    "restore": Verb("openline.cli.restore:restore", "Put a station back, from a backup or from the other side."),
    "drill": Verb("openline.cli.drill:drill", "The drill for a missed call, and its statement of facts."),
    "history": Verb("openline.cli.history:history", "Draw how lines stood over the last days."),
    "note": Verb("openline.cli.note:note", "Note what was said in public about a line, as evidence."),
    "alarm": Verb("openline.cli.alarm:alarm", "See the alarms that sound, acknowledge or test them."),
    "record": Verb("openline.cli.record:record", "Show, export or compare records."),
    "explain": Verb("openline.cli.explain:explain", "Say what is known of a silence, and what cannot be."),
    "letter": Verb("openline.cli.letters:letter", "Seal a letter to a principal, send it, or open one."),
    "key": Verb("openline.cli.keys:key", "Make a key file, or show its public half."),
    "accord": Verb("openline.cli.accord:accord", "Show an accord, or the digits to read aloud at the table."),
    "init": Verb("openline.cli.init:init", "Found an accord and set up its stations, or a pair for trying."),
    "config": Verb("openline.cli.config:config", "Check a station's configuration, or print its schema."),
    "courier": Verb("openline.cli.courier:courier", "Check or copy a stick, print QR codes, or read them back."),
    "relay": Verb("openline.cli.relay:relay", "Check a relay's NATS server, or name an accord's mailboxes there."),
    "vectors": Verb("openline.cli.vectors:vectors", "Check the spec's test vectors."),
    "completion": Verb("openline.cli.completion:completion", "Print the shell's completion script."),
}

# How `openline --help` and docs/commands.md group them; a test holds all three to each other.
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "Try it": ("demo", "play", "explain"),
    "Set a station up": ("init", "key", "accord", "config", "relay", "doctor", "completion"),
    "Run it": ("up", "status", "why", "history", "console"),
    "Keep a watch": (
        "watch", "call", "answer", "decline", "defer", "hangup", "calls", "robot", "alarm", "drill", "note",
    ),
    "Say something": ("message", "notice", "document", "letter", "inbox", "outbox", "acknowledge"),
    "Cut, restore, agree": (
        "suspend", "propose", "accept", "withdraw", "amend", "announce", "statement", "presence", "release",
    ),
    "Prove it": ("record", "audit", "vectors"),
    "Keep it safe, carry it by hand": ("backup", "restore", "courier"),
}  # fmt: skip


class Verbs(click.Group):
    """A group that imports a verb when it is called, and maps what it raises (rules 1 to 3)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        verb = VERBS.get(cmd_name)
        if verb is None:
            return None
        module, _, name = verb.target.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, VERBS[name].help) for name in names])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem  # only a shell that completes needs it

        verbs = [CompletionItem(name, help=verb.help) for name, verb in VERBS.items() if name.startswith(incomplete)]
        return verbs + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # a reader that went away is met here, not at interpreter exit
        except OpenlineError as error:
            show(error)
            ctx.exit(exit_code(error))
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(READER_GONE)
        except UnicodeEncodeError:  # the system hands over bytes that are no text as halves of characters
            show(Misuse("what was given holds bytes that are not UTF-8 text", next_step="Use a terminal set to UTF-8."))
            ctx.exit(USAGE)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            show(StorageFault(f"{where}{error.strerror or error}"))
            ctx.exit(FAULT_HERE)


def exit_code(error: OpenlineError) -> int:
    """The exit code of an error's nearest class in `EXIT_CODES`."""
    return next((EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES), FAULT_HERE)


def show(error: OpenlineError) -> None:
    """What is wrong and what to do next, to stderr; plain, for it is read by people and by log files alike."""
    click.echo(f"openline: {error.what}", err=True)
    if error.next_step:
        click.echo(f"          {error.next_step}", err=True)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="openline %(version)s")
def cli() -> None:
    """A line between two sides that do not trust each other.

    Exit codes: 0 ok, 1 a fault here or an expectation not held, 2 usage, 3 refused by a rule, 4 peer silent,
    5 record does not verify.
    """


def main() -> NoReturn:
    """The entry point `openline`."""
    cli.main(prog_name="openline")
    raise SystemExit(OK)
