"""Enrolment by code, roles, and the supervisor who stays."""

from __future__ import annotations

import pytest

from openline.console.accounts import journal
from openline.console.accounts.roster import CODE_LIFE_S, DEFAULT_ROLES, RESET_LIFE_S, WORD_AFTER_S
from openline.wire.errors import Misuse, Refused
from tests.console.accounts_kit import ORIGIN, add, enrol, sign_in
from tests.console.authenticator import Authenticator


def kinds(accounts):
    return [row.kind for row in reversed(accounts.log.last(99))]


@pytest.mark.parametrize("eddsa", [False, True])
def test_a_code_enrols_one_passkey_of_its_officer(accounts, eddsa):
    """The passkey is kept with its key and label, the log tells it, and the roles are those given."""
    key = enrol(accounts, "han", eddsa=eddsa)
    [kept] = accounts.roster.passkeys("han")

    assert (kept.id, kept.label, kept.used_s) == (key.identity, "han's key", None)
    assert accounts.roster.roles("han") == DEFAULT_ROLES
    assert kinds(accounts) == [journal.ROLES, journal.CODE_MADE, journal.ENROLLED]
    assert accounts.log.last(1)[0].facts["public_key"] == kept.public_key.hex()


def test_a_code_works_once(accounts, clock):
    """Whoever finds the slip of paper afterwards has nothing."""
    code = accounts.roster.make_code("han", "", clock.clock_s)
    for name, works in (("one", True), ("two", False)):
        made = Authenticator(ORIGIN, name)
        answer = made.create(accounts.passkeys.creation_options("han", "b", clock()))
        if works:
            accounts.passkeys.enrol("han", name, answer, "b", clock(), code)
        else:
            with pytest.raises(Refused, match="does not work"):
                accounts.passkeys.enrol("han", name, answer, "b", clock(), code)

    assert [each.label for each in accounts.roster.passkeys("han")] == ["one"]


def test_a_code_is_kept_as_a_hash(accounts, clock, tmp_path):
    """A copy of the file lets nobody enrol."""
    code = accounts.roster.make_code("han", "", clock.clock_s)
    kept = b"".join(each.read_bytes() for each in tmp_path.iterdir())

    assert code.encode() not in kept
    assert code.replace("-", "").encode() not in kept


def test_a_code_is_read_as_people_type_it(accounts, clock):
    """Case, separators, and zero for O are no part of a code."""
    code = accounts.roster.make_code("han", "", clock.clock_s)

    assert accounts.roster.whose_code(f" {code.lower().replace('-', ' ').replace('o', '0')} ", clock.clock_s) == "han"


def test_a_code_expires_and_a_clock_set_back_does_not_revive_it(accounts, clock):
    """What was seen to have expired is gone."""
    code = accounts.roster.make_code("han", "", clock.clock_s)
    assert accounts.roster.whose_code(code, clock.clock_s + CODE_LIFE_S - 1) == "han"

    for at_s in (clock.clock_s + CODE_LIFE_S, clock.clock_s):
        with pytest.raises(Refused):
            accounts.roster.whose_code(code, at_s)


def test_a_code_made_in_the_future_does_not_work(accounts, clock):
    """After the clock was set back nobody knows how old a code is."""
    code = accounts.roster.make_code("han", "", clock.clock_s)

    with pytest.raises(Refused):
        accounts.roster.whose_code(code, clock.clock_s - 3600)


def test_a_new_code_voids_the_one_before(accounts, clock):
    """Of two slips of paper one works."""
    first, second = (accounts.roster.make_code("han", "", clock.clock_s) for _ in range(2))

    with pytest.raises(Refused):
        accounts.roster.whose_code(first, clock.clock_s)
    assert accounts.roster.whose_code(second, clock.clock_s) == "han"


def test_a_code_for_one_officer_enrols_no_other(accounts, clock):
    """The options a browser was given name the officer, and the code's officer is that one."""
    code = accounts.roster.make_code("han", "", clock.clock_s)
    made = Authenticator(ORIGIN)
    answer = made.create(accounts.passkeys.creation_options("choi", "b", clock()))

    with pytest.raises(Refused):
        accounts.passkeys.enrol("han", "", answer, "b", clock(), code)
    assert accounts.roster.passkeys("han") == accounts.roster.passkeys("choi") == []


def test_one_authenticator_is_not_enrolled_twice(accounts, clock):
    """Two passkeys are two things to lose."""
    key = enrol(accounts, "han")
    code = accounts.roster.make_code("choi", "", clock.clock_s)
    answer = key.create(accounts.passkeys.creation_options("choi", "b", clock()))

    with pytest.raises(Refused, match="already"):
        accounts.passkeys.enrol("choi", "", answer, "b", clock(), code)
    assert accounts.roster.whose_code(code, clock.clock_s) == "choi"


@pytest.mark.parametrize("act", ["reset", "demote", "remove"])
def test_the_last_supervisor_stays(accounts, clock, act):
    """No command leaves the side with nobody who can put it right; nothing of the attempt remains."""
    key = enrol(accounts, "han", ("officer", "supervisor"))
    enrol(accounts, "choi", ("officer",))
    acts = {
        "reset": lambda: accounts.roster.reset("han", "", clock.clock_s),
        "demote": lambda: accounts.roster.set_roles("han", ("officer",), "", clock.clock_s),
        "remove": lambda: accounts.roster.remove_passkey(key.identity, "", clock.clock_s),
    }
    before = kinds(accounts)

    with pytest.raises(Refused, match="last supervisor"):
        acts[act]()

    assert (accounts.roster.roles("han"), len(accounts.roster.passkeys("han"))) == (("officer", "supervisor"), 1)
    assert kinds(accounts) == before
    enrol(accounts, "choi", ("supervisor",), name="second")
    acts[act]()
    assert accounts.roster.supervisors() == 1


def test_a_supervisor_without_a_passkey_is_no_other_supervisor(accounts, clock):
    """A role alone lets nobody in."""
    enrol(accounts, "han", ("supervisor",))
    accounts.roster.set_roles("choi", ("supervisor",), "", clock.clock_s)

    with pytest.raises(Refused, match="last supervisor"):
        accounts.roster.reset("han", "", clock.clock_s)


def test_nobody_changes_in_the_browser_what_they_may_do(accounts, clock):
    """A supervisor does not make themselves a releaser; another one, or the machine, does."""
    enrol(accounts, "han", ("supervisor",))

    for act in (
        lambda by: accounts.roster.set_roles("han", ("supervisor", "releaser"), by, clock.clock_s),
        lambda by: accounts.roster.make_code("han", by, clock.clock_s),
    ):
        with pytest.raises(Refused, match="themselves"):
            act("han")
    accounts.roster.set_roles("han", ("supervisor", "releaser"), "choi", clock.clock_s)
    assert accounts.roster.roles("han") == ("releaser", "supervisor")


def test_no_supervisor_alone_comes_to_sit_at_an_officers_name(accounts, clock):
    """No code beside passkeys that are there; these are taken by two. The machine needs no second word."""
    for name in ("han", "choi"):
        enrol(accounts, name, ("supervisor",))
    enrol(accounts, "pak")
    with pytest.raises(Refused, match="has passkeys"):
        accounts.roster.make_code("pak", "han", clock.clock_s)
    for _ in range(2):  # one's own second word is none
        assert not accounts.roster.ask_reset("pak", "han", clock.clock_s)
    with pytest.raises(Refused, match="themselves"):
        accounts.roster.ask_reset("pak", "pak", clock.clock_s)
    assert len(accounts.roster.passkeys("pak")) == 1
    assert accounts.roster.reset_asked("pak", clock.clock_s) == "han"

    assert accounts.roster.ask_reset("pak", "choi", clock.clock_s)
    assert accounts.roster.passkeys("pak") == []
    assert accounts.roster.reset_asked("pak", clock.clock_s) is None
    assert accounts.roster.make_code("pak", "han", clock.clock_s)
    assert kinds(accounts)[-4:] == [journal.RESET_ASKED, journal.RESET_ASKED, journal.REMOVED, journal.CODE_MADE]


@pytest.mark.parametrize("how", ["a role and a code", "a code for one that the machine made", "a role"])
def test_one_supervisor_does_not_make_the_second_word(accounts, clock, how):
    """A supervisor makes one more of a name of the accord and enrols under it: that word counts a week later, when the
    others have seen the name; on the machine it is given at once."""
    roster = accounts.roster
    enrol(accounts, "han", ("supervisor",))
    victim = enrol(accounts, "pak")
    if how == "a role":
        enrol(accounts, "ghost")
    else:
        roster.set_roles("ghost", ("supervisor",), "" if "machine" in how else "han", clock.clock_s)
        add(accounts, "ghost", roster.make_code("ghost", "han", clock.clock_s))
    roster.set_roles("ghost", ("supervisor",), "han", clock.clock_s)
    assert not roster.ask_reset("pak", "han", clock.clock_s)
    with pytest.raises(Refused, match="less than a week ago"):
        roster.ask_reset("pak", "ghost", clock.clock_s)
    clock.step(WORD_AFTER_S - 1)
    with pytest.raises(Refused, match="less than a week ago"):
        roster.ask_reset("pak", "ghost", clock.clock_s)
    assert [each.id for each in roster.passkeys("pak")] == [victim.identity]

    roster.set_roles("ghost", ("supervisor",), "", clock.clock_s)  # as the machine's command line does
    assert not roster.ask_reset("pak", "ghost", clock.clock_s)
    assert roster.ask_reset("pak", "han", clock.clock_s)


def test_after_a_week_a_supervisors_word_counts(accounts, clock):
    """Whoever made them; and a new passkey by one that is there changes nothing of it."""
    roster = accounts.roster
    enrol(accounts, "han", ("supervisor",))
    enrol(accounts, "pak")
    enrol(accounts, "choi")
    roster.set_roles("choi", ("supervisor",), "han", clock.clock_s)
    clock.step(WORD_AFTER_S)
    assert not roster.ask_reset("pak", "choi", clock.clock_s)
    assert roster.ask_reset("pak", "han", clock.clock_s)


@pytest.mark.parametrize("over", ["an hour later", "no supervisor any more", "before it was asked"])
def test_a_first_word_does_not_wait_for_ever(accounts, clock, over):
    """After its hour, or when whoever gave it supervises no more, the next word is a first one again."""
    for name in ("han", "choi"):
        enrol(accounts, name, ("supervisor",))
    enrol(accounts, "pak")
    assert not accounts.roster.ask_reset("pak", "han", clock.clock_s)
    if over == "no supervisor any more":
        accounts.roster.set_roles("han", ("officer",), "", clock.clock_s)
    else:
        clock.step(RESET_LIFE_S if over == "an hour later" else -120)

    assert not accounts.roster.ask_reset("pak", "choi", clock.clock_s)
    assert len(accounts.roster.passkeys("pak")) == 1


def test_a_role_that_is_none_is_refused(accounts, clock):
    """Roles are the four there are."""
    with pytest.raises(Misuse, match="admiral"):
        accounts.roster.set_roles("han", ("admiral",), "", clock.clock_s)


@pytest.mark.parametrize("act", ["reset", "demote", "remove"])
def test_who_loses_rights_is_signed_out(accounts, clock, act):
    """A revocation does not wait for a session to run out."""
    enrol(accounts, "choi", ("supervisor",))
    key = enrol(accounts, "han")
    token = sign_in(accounts, key)
    {
        "reset": lambda: accounts.roster.reset("han", "", clock.clock_s),
        "demote": lambda: accounts.roster.set_roles("han", ("officer",), "", clock.clock_s),
        "remove": lambda: accounts.roster.remove_passkey(key.identity, "", clock.clock_s),
    }[act]()

    assert accounts.sessions.find(token, clock.clock_s) is None


def test_a_new_role_signs_nobody_out(accounts, clock):
    """Being given more is no reason to leave a watch."""
    token = sign_in(accounts, enrol(accounts, "han"))
    accounts.roster.set_roles("han", (*DEFAULT_ROLES, "auditor"), "", clock.clock_s)

    assert accounts.sessions.find(token, clock.clock_s) is not None


def test_an_officer_keeps_the_only_passkey_they_have(accounts, clock):
    """Nobody locks themselves out by a click; a supervisor still can remove it."""
    key = enrol(accounts, "han")

    with pytest.raises(Refused, match="only passkey"):
        accounts.roster.remove_passkey(key.identity, "han", clock.clock_s)
    accounts.roster.remove_passkey(key.identity, "choi", clock.clock_s)
    assert accounts.roster.passkeys("han") == []


def test_a_passkey_that_is_not_there_cannot_be_removed(accounts, clock):
    """A wrong id says so, and where to look."""
    with pytest.raises(Misuse) as refused:
        accounts.roster.remove_passkey(b"none", "", clock.clock_s)

    assert "openline console officers" in refused.value.next_step


def test_the_list_has_everybody_with_anything(accounts, clock):
    """Who has roles, passkeys or a waiting code is listed; an expired code is not one."""
    enrol(accounts, "han")
    accounts.roster.make_code("choi", "", clock.clock_s)

    assert [(x.name, len(x.passkeys), x.code_expires_s) for x in accounts.roster.officers(clock.clock_s)] == [
        ("choi", 0, clock.clock_s + CODE_LIFE_S), ("han", 1, None),
    ]  # fmt: skip
    assert [x.name for x in accounts.roster.officers(clock.clock_s + CODE_LIFE_S)] == ["han"]
