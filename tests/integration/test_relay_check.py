"""`openline relay`: what an operator is told of a NATS server, and the names of mailboxes (spec 5.4)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from openline.cli.main import cli
from openline.wire.accord import Carrier, CarrierKind
from tests.integration.certificates import Authority
from tests.integration.nats_server import NatsServer, free_port, until
from tests.integration.pairs import make_pair
from tests.integration.relay_side import Side, sides


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, ["relay", *map(str, words)])


def outcomes(server: NatsServer, *words: object, code: int = 0) -> dict[str, str]:
    """What `check` found at a server that runs meanwhile: thing → outcome."""
    asyncio.run(server.start())
    try:
        result = run("check", server.url, "--json", *words)
    finally:
        server.stop()
    assert result.exit_code == code, result.output
    facts: dict[str, Any] = json.loads(result.stdout)
    assert facts["usable"] is (code == 0)
    assert all(bool(x["do"]) is (x["outcome"] != "ok") for x in facts["findings"]), facts
    return {x["what"]: x["outcome"] for x in facts["findings"]}


def test_a_server_as_the_page_describes_it_has_no_problem(tmp_path: Path):
    """TLS, a login, JetStream on disk: nothing to mend but what a client cannot see."""
    authority = Authority(tmp_path)
    cert, key = authority.issue("server")
    (tmp_path / "word").write_text("p\n")
    server = NatsServer(
        tmp_path, f'tls {{ cert_file: "{cert}", key_file: "{key}" }}\nauthorization {{ user: n, password: p }}'
    )
    server.scheme = "tls"
    found = outcomes(server, "--ca", authority.ca, "--user", "n", "--password-file", tmp_path / "word")

    assert {what for what, outcome in found.items() if outcome == "warning"} == {"sync", "other mailboxes"}
    assert "problem" not in found.values()
    assert {"connection", "tls", "login", "max_payload", "jetstream", "mailbox", "passing on"} <= set(found)


def test_an_open_server_is_usable_and_warned_of(tmp_path: Path):
    """Plain and open to everybody: bundles pass, and the operator is told what strangers see."""
    found = outcomes(NatsServer(tmp_path))

    assert (found["tls"], found["login"], found["mailbox"]) == ("warning", "warning", "ok")


def test_a_check_leaves_nothing_behind(tmp_path: Path):
    """The mailbox that was tried is removed."""
    server = NatsServer(tmp_path)
    outcomes(server)

    async def streams() -> int:
        await server.start()
        third = await server.client()
        listed = await third.jsm().streams_info()
        await third.close()
        return len(listed)

    try:
        assert asyncio.run(streams()) == 0
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("extra", "jetstream", "what"),
    [
        ("max_payload: 64KB", True, "max_payload"),
        ("", False, "jetstream"),
        ("accounts: { A: { jetstream: { max_file: 10MB }, users: [ { user: n, password: p } ] } }\nno_auth_user: n",
         True, "mailbox"),
    ],
    ids=["small", "no-jetstream", "no-room"],
)  # fmt: skip
def test_what_keeps_bundles_from_passing_is_a_problem(tmp_path: Path, extra: str, jetstream: bool, what: str):
    """Each is named, and the exit code is 1."""
    found = outcomes(NatsServer(tmp_path, extra, jetstream=jetstream), code=1)

    assert {x for x, outcome in found.items() if outcome == "problem"} == {what}


def test_a_login_that_is_refused_is_a_problem(tmp_path: Path):
    """The server answers and does not let us in."""
    found = outcomes(NatsServer(tmp_path, "authorization { token: t }"), code=1)

    assert found == {"connection": "problem"}


def test_where_nobody_answers_the_exit_code_says_so():
    """Nobody listens there: 4, in words and as JSON."""
    url = f"nats://127.0.0.1:{free_port()}"
    result = run("check", url, "--json")
    plain = run("check", url)

    assert (result.exit_code, plain.exit_code) == (4, 4)
    assert json.loads(result.stdout)["usable"] is False
    assert "PROBLEM" in plain.stdout
    assert "▸" in plain.stdout


@pytest.mark.parametrize("url", ["http://x", "nats://"])
def test_what_is_no_address_is_wrong_usage(url: str):
    """2, with what to write."""
    result = run("check", url)

    assert result.exit_code == 2
    assert "nats://HOST:4222" in result.stderr


def test_the_names_that_are_printed_are_those_a_limited_login_works_with(tmp_path: Path):
    """Each side's login is limited to exactly what `names` prints: both come up, bundles pass both ways, and nothing
    is forbidden that a station needs."""
    relay = Carrier(id="relay", kind=CarrierKind.RELAY, latency_ms=5)
    pair = make_pair(tmp_path, carriers=((relay, *['servers = ["nats://127.0.0.1:1"]'] * 2),))
    facts = [json.loads(run("names", x.config, "--json").stdout)["relays"][0] for x in pair.both]
    assert (facts[0]["ours"], facts[0]["theirs"]) == (facts[1]["theirs"], facts[1]["ours"])
    users = "".join(
        f'{{ user: "{name}", password: p, permissions: {{ publish: {{ allow: {json.dumps(x["publish"])} }}, '
        f'subscribe: {{ allow: {json.dumps(x["subscribe"])} }} }} }}\n'
        for name, x in zip("ab", facts, strict=True)
    )
    server = NatsServer(tmp_path, f"authorization {{ users: [ {users} ] }}")

    (tmp_path / "word").write_text("p\n")
    found = outcomes(server, "--user", "a", "--password-file", tmp_path / "word")
    assert (found["passing on"], found["other mailboxes"]) == ("warning", "ok")
    assert "problem" not in found.values()

    async def story() -> None:
        await server.start()
        url = server.url.replace("//", "//{}:p@")
        boxes = (facts[0]["ours"], facts[0]["theirs"])
        a, b = Side(url.format("a"), boxes=boxes), Side(url.format("b"), second=True, boxes=boxes)
        async with sides(a, b):
            await until(lambda: a.sees(True) and b.sees(True))
            a.send(b"to b")
            b.send(b"to a")
            a.send(b"pulse", stored=False)
            await until(lambda: a.finished == [b"to a"] and sorted(b.finished) == [b"pulse", b"to b"])
        async with sides(a):
            await until(lambda: a.sees(False))
        assert a.troubles == b.troubles == []

    try:
        asyncio.run(story())
    finally:
        server.stop()
