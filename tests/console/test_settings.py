"""Settings: passkeys, sessions, officers and their roles, the log."""

from __future__ import annotations

import json
import re

import pytest

from openline.console.acting import Role
from tests.console.accounts_kit import ORIGIN
from tests.console.authenticator import Authenticator
from tests.console.consoles import consoles


@pytest.fixture
def at(pair, tmp_path):
    with consoles(pair.south.folder / "station.sock", tmp_path) as made:
        yield made


def labels(at, officer):
    return [each.label for each in at.accounts.roster.passkeys(officer)]


def added(desk, label, passkey=None):
    """Add a second passkey: agree with one that is there, make the new one."""
    fields = {"act": "add", "label": label}
    told = desk.post("/settings/ask", data=fields).json()
    new = Authenticator(ORIGIN, label)
    made = new.create(json.dumps(told["creation"]))
    answer = (passkey or desk.passkey).get(json.dumps(told["request"]))
    return new, desk.post("/settings/passkeys", data={**fields, "answer": answer, "made": made})


def test_an_officer_is_asked_for_a_second_passkey_until_there_is_one(at):
    """The remark stands at every sign-in; with two passkeys it goes, and either signs in."""
    desk = at.officer("kim")
    assert "You have one passkey" in desk.get("/post").text
    assert "You have one passkey" in desk.get("/settings").text

    second, answer = added(desk, "safe")

    assert answer.status_code == 303
    assert labels(at, "kim") == ["kim's key", "safe"]
    assert "You have one passkey" not in desk.get("/post").text
    assert at.browser().sign_in(second).status_code == 303


def test_a_stolen_session_adds_no_passkey(at):
    """The cookie alone is not enough: a passkey of the officer has to agree, now."""
    desk, other = at.officer("kim"), at.officer("lee")
    _, refused = added(desk, "thief", other.passkey)
    assert refused.status_code == 409

    fields = {"act": "add", "label": "thief"}
    told = desk.post("/settings/ask", data=fields).json()
    made = Authenticator(ORIGIN, "thief").create(json.dumps(told["creation"]))
    assert desk.post("/settings/passkeys", data={**fields, "answer": "", "made": made}).status_code == 409
    assert labels(at, "kim") == ["kim's key"]


def test_a_passkey_is_removed_by_agreeing_to_just_that(at):
    """Agreement to remove one is not agreement to remove another, nor to anything else."""
    desk = at.officer("kim")
    second, _ = added(desk, "safe")
    first = {"act": "remove", "passkey": desk.passkey.identity.hex()}
    other = {"act": "remove", "passkey": second.identity.hex()}
    told = desk.post("/settings/ask", data=other).json()
    answer = second.get(json.dumps(told["request"]))

    assert desk.post("/settings/passkeys", data={**first, "answer": answer}).status_code == 409
    assert len(labels(at, "kim")) == 2
    desk.act("/settings/passkeys", first, second)
    assert labels(at, "kim") == ["safe"]
    assert desk.get("/settings").headers["location"] == "/sign-in"


def test_nobody_removes_anothers_passkey_as_their_own(at):
    """Whatever id a form holds."""
    desk, other = at.officer("kim"), at.officer("lee")
    for identity in (other.passkey.identity.hex(), "", "zz", "00"):
        assert desk.act("/settings/passkeys", {"act": "remove", "passkey": identity}).status_code == 409

    assert labels(at, "lee") == ["lee's key"]


def test_a_supervisor_gives_roles_with_a_passkey(at):
    """The agreed roles and no others; the officer has them at the next request."""
    boss, desk = at.officer("kim", "supervisor"), at.officer("lee")
    fields = {"act": "roles", "officer": "lee", "role": ["officer", "auditor"]}
    told = boss.post("/settings/ask", data=fields).json()
    answer = boss.passkey.get(json.dumps(told["request"]))
    more = {**fields, "role": ["officer", "auditor", "supervisor"]}
    assert boss.post("/settings/officers", data={**more, "answer": answer}).status_code == 409
    assert boss.act("/settings/officers", fields).status_code == 303

    assert at.accounts.roster.roles("lee") == (Role.OFFICER, Role.AUDITOR)
    desk.sign_in()
    assert desk.get("/settings/log").status_code == 200


def test_a_supervisor_has_an_officer_enrolled(at):
    """The code is on that one page, works, and is on no other."""
    boss = at.officer("kim", "supervisor")
    page = boss.act("/settings/officers", {"act": "code", "officer": "lee"})
    [code] = re.findall(r"<strong>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</strong>", page.text)

    assert code not in boss.get("/settings").text
    assert at.browser().enrol(code, "lee's").status_code == 303
    assert labels(at, "lee") == ["lee's"]


def test_two_supervisors_reset_an_officer_who_lost_everything(at):
    """Each by a passkey of their own, the second where the page says whose word waits. Then passkeys and sessions are
    gone; the roles wait for a new enrolment."""
    boss, other = at.officer("kim", "supervisor"), at.officer("pak", "supervisor")
    desk = at.officer("lee")
    boss.act("/settings/officers", {"act": "reset", "officer": "lee"})
    assert labels(at, "lee") == ["lee's key"]
    assert "Asked that every passkey be taken away" in other.get("/settings").text
    other.act("/settings/officers", {"act": "reset", "officer": "lee"})

    assert labels(at, "lee") == []
    assert at.accounts.roster.roles("lee") == (Role.OFFICER, Role.RELEASER)
    assert desk.get("/").status_code == 303


def test_a_new_supervisor_sees_when_their_word_counts(at):
    """In the place of the button; a form that is sent all the same is refused with what to do."""
    boss, new = at.officer("kim", "supervisor"), at.officer("lee")
    at.officer("pak")
    boss.act("/settings/officers", {"act": "roles", "officer": "lee", "role": ["officer", "supervisor"]})
    new.sign_in()
    page = new.get("/settings").text
    assert "Your word on passkeys of others counts from" in page
    assert 'value="reset"' not in page
    answer = new.act("/settings/officers", {"act": "reset", "officer": "pak"})
    assert (answer.status_code, "less than a week ago" in answer.text) == (409, True)
    assert labels(at, "pak") == ["pak's key"]


@pytest.mark.parametrize("act", ["roles", "code", "reset"])
def test_a_supervisor_does_nothing_to_themselves(at, act):
    """Another one has to, or the machine."""
    boss = at.officer("kim", "supervisor")
    at.officer("lee", "supervisor")
    page = boss.act("/settings/officers", {"act": act, "officer": "kim", "role": ["supervisor", "releaser"]})

    assert page.status_code == 409
    assert "themselves" in page.text
    assert at.accounts.roster.roles("kim") == (Role.SUPERVISOR,)


@pytest.mark.parametrize("fields", [{"act": "crown", "officer": "lee"}, {"act": "code", "officer": "nobody"}, {}])
def test_what_there_is_not_is_refused(at, fields):
    """No act, and no officer, that is not there."""
    boss = at.officer("kim", "supervisor")

    assert boss.post("/settings/officers", data=fields).status_code == 409


def test_a_session_elsewhere_is_seen_and_ended(at):
    """Of one's own only: another officer's id in the form ends nothing."""
    desk, other = at.officer("kim"), at.officer("lee")
    second = at.browser()
    second.sign_in(desk.passkey)
    page = desk.get("/settings").text
    [ending] = re.findall(r'name="session" value="([0-9a-f]{64})"', page)
    [theirs] = [each.binding for each in at.accounts.sessions.of("lee", at.clock.clock_s)]

    desk.post("/settings/sessions", data={"session": theirs})
    desk.post("/settings/sessions", data={"session": ending})

    assert second.get("/").status_code == 303
    assert other.get("/").status_code == 200
    assert desk.get("/").status_code == 200


def test_the_page_holds_what_the_browser_needs_to_take_the_officers_key(at, pair):
    """The public half is the accord's; no field of the form has a way to the console."""
    page = at.officer("kim").get("/settings").text
    [kim] = [key for key in pair.south.keys.officers if key.name == "kim"]

    assert f'data-public-key="{kim.public.hex()}"' in page
    assert 'data-side="1"' in page


def test_an_auditor_reads_the_log_and_whether_it_is_whole(at):
    """Who signed in, enrolled and changed what; the head to note down; a broken row is said first."""
    desk = at.officer("kim", "auditor")
    page = desk.get("/settings/log").text
    assert "Every row is as it was written" in page
    assert at.accounts.log.check().head.hex() in page
    for told in ("signed in", "enrolled", "roles set", "command line"):
        assert told in page

    at.accounts.database.change("DROP TRIGGER log_fixed")
    at.accounts.database.change("UPDATE log SET officer = 'x' WHERE number = 1")
    assert "The log is not whole" in desk.get("/settings/log").text


def test_the_log_is_read_page_by_page(at):
    """A long one is not one page."""
    desk = at.officer("kim", "auditor")
    for number in range(120):
        at.accounts.log.add("signed in", "kim", number, about=number)
    seen, address = [], "/settings/log"
    while address:
        page = desk.get(address).text
        seen += re.findall(r'<th scope="row">(\d+)</th>', page)
        address = next(iter(re.findall(r'href="(/settings/log\?before=\d+)"', page)), "")

    assert seen == [str(number) for number in range(at.accounts.log.check().rows, 0, -1)]
    for wrong in ("x", "-1", "9" * 40):
        assert desk.get(f"/settings/log?before={wrong}").status_code == 200


def test_a_label_is_text(at):
    """What an officer names a passkey runs nowhere."""
    desk = at.officer("kim", "supervisor", "officer", "auditor")
    added(desk, "<script>alert(1)</script>")

    for path in ("/settings", "/settings/log"):
        assert "<script>alert" not in desk.get(path).text
