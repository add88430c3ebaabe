"""The entry point: which verb, which exit code, and what a person is shown."""

from __future__ import annotations

import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from openline import __version__
from openline.cli import main as entry
from openline.station.api import answers
from openline.wire.errors import (
    CarrierFault,
    Malformed,
    Misuse,
    OpenlineError,
    OurFault,
    PeerFault,
    Refused,
    StorageFault,
)

ENVIRONMENT = {**os.environ, "PYTHONPATH": "src"}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, env=ENVIRONMENT, timeout=60)


@pytest.fixture
def raising(monkeypatch):
    """A verb `fail` that raises what it is given."""

    def with_error(error: BaseException):
        @click.command()
        def fail() -> None:
            raise error

        monkeypatch.setattr(entry.Verbs, "get_command", lambda self, ctx, name: fail if name == "fail" else None)
        return CliRunner().invoke(entry.cli, ["fail"])

    return with_error


@pytest.mark.parametrize(
    ("kind", "code"),
    [(Misuse, 2), (Refused, 3), (PeerFault, 5), (Malformed, 5), (CarrierFault, 5), (StorageFault, 1), (OurFault, 1),
     (OpenlineError, 1)],
)
def test_an_error_is_a_sentence_a_next_step_and_an_exit_code(raising, kind, code):
    """Each class of error has its exit code; stderr holds the sentence and the next step, and no traceback."""
    result = raising(kind("the disk is full", next_step="Free some space."))

    assert result.exit_code == code
    assert result.stderr == "openline: the disk is full\n          Free some space.\n"
    assert result.stdout == ""


def test_every_class_of_error_has_an_exit_code():
    """A class added to the errors is given an exit code here, or inherits one on purpose."""
    assert set(OpenlineError.__subclasses__()) == {x for x in entry.EXIT_CODES if x.__base__ is OpenlineError}


def test_the_system_refusing_a_file_is_told_in_one_line(raising):
    """An error of the operating system names the file and the reason, without a traceback."""
    result = raising(PermissionError(13, "Permission denied", "north.record"))

    assert result.exit_code == 1
    assert result.stderr == "openline: north.record: Permission denied\n"


def test_a_defect_is_not_hidden(raising):
    """What is nobody's foreseen error stays a traceback, so that it can be mended."""
    assert isinstance(raising(KeyError("x")).exception, KeyError)


def test_an_interrupt_ends_with_130(raising):
    """Ctrl-C ends a verb with the shell's own code and one word."""
    result = raising(KeyboardInterrupt())

    assert result.exit_code == 130
    assert result.stderr == "interrupted\n"


def test_text_that_cannot_be_sent_is_wrong_usage(raising):
    """What is not UTF-8 is found when it is to be sent: a sentence and what to do."""
    result = raising(UnicodeEncodeError("utf-8", "\udcb4", 0, 1, "surrogates not allowed"))

    assert result.exit_code == 2
    assert "not UTF-8 text" in result.stderr
    assert "UTF-8" in result.stderr.splitlines()[1]


def test_a_reader_that_goes_away_ends_it_quietly():
    """`openline … | head` prints no complaint and ends as the shell expects (141)."""
    program = (
        "import click, sys\n"
        "from openline.cli import main as entry\n"
        "@click.command()\n"
        "def endless():\n"
        "    while True: click.echo('y' * 4096)\n"
        "entry.Verbs.get_command = lambda *_: endless\n"
        "sys.argv = ['openline', 'endless']\n"
        "entry.main()\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    )
    with writer:
        writer.stdout.read(1)
        writer.stdout.close()
        complaint = writer.stderr.read()

    assert complaint == b""
    assert writer.returncode == entry.READER_GONE


def test_help_imports_no_verb_and_nothing_heavy():
    """`openline --help` is instant: it imports no verb, no cryptography, no database and no dressing."""
    program = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from openline.cli.main import cli\n"
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0\n"
        "print(*sorted(sys.modules))\n"
    )
    loaded = set(run("-c", program).stdout.split())

    assert "click" in loaded
    assert not loaded & {"rich", "cryptography", "nacl", "sqlalchemy", "cbor2", "asyncio"}
    assert {x for x in loaded if x.startswith("openline.")} == {
        "openline.cli", "openline.cli.main", "openline.wire", "openline.wire.errors",
    }


def test_an_unknown_verb_is_wrong_usage():
    """A verb that does not exist exits 2 and says so."""
    result = CliRunner().invoke(entry.cli, ["sever"])

    assert result.exit_code == 2
    assert "sever" in result.stderr


def test_the_version_is_told():
    """`--version` names the program and its version, from `python -m openline` too."""
    assert run("-m", "openline", "--version").stdout == f"openline {__version__}\n"


@pytest.mark.parametrize("verb", entry.VERBS)
def test_every_verb_of_the_table_is_a_command(verb):
    """Each line of the table leads to a command that has help of its own."""
    result = CliRunner().invoke(entry.cli, [verb, "--help"])

    assert result.exit_code == 0
    assert f"Usage: cli {verb}" in result.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_each_shell(shell):
    """The script names the variable by which the shell asks openline for completions."""
    assert "_OPENLINE_COMPLETE" in CliRunner().invoke(entry.cli, ["completion", shell]).stdout


def test_verbs_complete():
    """A shell that asks for the completions of `au` is given `audit`."""
    asked = {**ENVIRONMENT, "_OPENLINE_COMPLETE": "bash_complete", "COMP_WORDS": "openline au", "COMP_CWORD": "1"}
    done = subprocess.run([sys.executable, "-m", "openline"], capture_output=True, text=True, env=asked, timeout=60)

    assert done.stdout == "plain,audit\n"


def test_a_station_that_fails_is_not_told_to_be_of_another_release():
    """What it answers without saying whose fault it is: a failure of its own is one, a page it does not know is not."""
    assert isinstance(answers.fault(b"Internal Server Error", 500), OurFault)
    assert isinstance(answers.fault(b"Not Found", 404), Misuse)
