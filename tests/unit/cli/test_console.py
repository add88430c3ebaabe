"""`openline console`: enrol, list, give roles, revoke, look at the log; no browser and no station runs."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from openline.cli.main import cli
from openline.console.accounts.roster import Passkey
from openline.console.accounts.service import open_accounts
from tests.integration.pairs import make_pair

ORIGIN = "https://south.example"


@pytest.fixture
def config(tmp_path):
    """South's configuration, with a console."""
    south = make_pair(tmp_path).south
    with south.config.open("a") as file:
        file.write(f'[console]\nlisten = "127.0.0.1:7481"\norigin = "{ORIGIN}"\nstore = "console.sqlite"\n')
    return south.config


@pytest.fixture
def run(config):
    """The words after `openline console`, the configuration put in after the verb; what is printed, and the code."""

    def call(verb, *words):
        done = CliRunner().invoke(cli, ["console", verb, str(config), *words])
        return done.exit_code, done.output

    return call


def enrolled(config, *names):
    """Passkeys as if browsers had made them."""
    accounts = open_accounts(config.parent / "console.sqlite", ORIGIN, "", 60)
    for name in names:
        accounts.roster.add_passkey(Passkey(name.encode(), name, b"key", 0, f"{name}'s", 1000, None), None)
    accounts.close()


def test_enrol_prints_a_code_that_works(run, config):
    """Once, with where to type it; the officer has the roles that were given."""
    code, told = run("enrol", "kim", "--role", "officer", "--role", "supervisor", "--json")
    found = json.loads(told)

    assert code == 0
    assert found["roles"] == ["officer", "supervisor"]
    assert found["at"] == f"{ORIGIN}/enrol"
    accounts = open_accounts(config.parent / "console.sqlite", ORIGIN, "", 60)
    assert accounts.roster.whose_code(found["code"], accounts.now().clock_s) == "kim"
    accounts.close()


def test_enrol_without_roles_keeps_what_there_is(run):
    """At first what a duty officer needs; later what they have."""
    assert "kim (officer, releaser) enrols at" in run("enrol", "kim")[1]
    run("roles", "kim", "auditor")

    assert "kim (auditor) enrols at" in run("enrol", "kim")[1]


def test_an_officer_whom_the_accord_lacks_is_not_enrolled(run):
    """A mistyped name is told with the names there are."""
    code, told = run("enrol", "kom")

    assert code == 2
    assert "kim, lee" in told


def test_officers_shows_who_may_sign_in(run, config):
    """Roles, passkeys by id, codes that wait."""
    assert "no officer is enrolled" in run("officers")[1]
    run("enrol", "kim")
    enrolled(config, "kim")
    told = run("officers")[1]

    assert "kim: officer, releaser; a code works until" in told
    assert f"{b'kim'.hex()}  kim's, added" in told
    assert json.loads(run("officers", "--json")[1])[0]["passkeys"][0]["label"] == "kim's"


def test_revoke_takes_one_or_all(run, config):
    """By the first digits of an id, or all of an officer's; what fits several or none is refused."""
    enrolled(config, "kim")
    assert run("revoke", "kim", "--passkey", "ff")[0] == 2
    assert run("revoke", "kim", "--passkey", "")[0] == 2
    assert run("revoke", "kim", "--passkey", b"kim".hex()[:4])[0] == 0

    enrolled(config, "lee")
    assert "1 passkey revoked" in run("revoke", "lee")[1]
    assert json.loads(run("revoke", "lee", "--json")[1]) == {"officer": "lee", "revoked": 0}


def test_the_last_supervisor_stays_also_here(run, config):
    """Exit 3, and what to do first."""
    run("roles", "kim", "supervisor")
    enrolled(config, "kim")
    for words in (("revoke", "kim"), ("roles", "kim", "officer"), ("revoke", "kim", "--passkey", b"kim".hex())):
        code, told = run(*words)
        assert (code, "last supervisor" in told) == (3, True)

    run("roles", "lee", "supervisor")
    enrolled(config, "lee")
    assert run("revoke", "kim")[0] == 0


def test_the_log_is_shown_and_checked(run, config):
    """Exit 0 while it holds and the head noted before is in it; exit 1 when not."""
    run("enrol", "kim")
    code, told = run("log")
    head = told.strip().splitlines()[-1].split()[-1]
    assert code == 0
    assert "code made: expires_s" in told

    run("roles", "kim", "auditor")
    assert run("log", "--head", head)[0] == 0
    code, told = run("log", "--head", "00" * 32)
    assert (code, "nowhere in this log" in told) == (1, True)

    accounts = open_accounts(config.parent / "console.sqlite", ORIGIN, "", 60)
    accounts.database.change("DROP TRIGGER log_kept")
    accounts.database.change("DELETE FROM log WHERE number = 2")
    accounts.close()
    code, told = run("log")
    assert (code, "row 2 is missing" in told) == (1, True)


@pytest.mark.parametrize("verb", ["enrol", "officers", "revoke", "roles", "log", "run"])
def test_a_configuration_without_a_console_is_told(tmp_path, verb):
    """With where to read how to add one."""
    words = [] if verb in ("officers", "log", "run") else ["kim"]
    done = CliRunner().invoke(cli, ["console", verb, str(make_pair(tmp_path).south.config), *words])

    assert done.exit_code == 2
    assert "no [console]" in done.output
