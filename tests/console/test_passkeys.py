"""Passkeys under attack: replayed, late, from elsewhere, copied, unverified."""

from __future__ import annotations

import json

import pytest

from openline.console.accounts import journal
from openline.console.accounts.attempts import ALL_MAX, EACH_MAX, KNOWN_MAX, Attempts
from openline.console.accounts.challenges import BYTES, LIFE_MS
from openline.wire.errors import Misuse, Refused
from tests.console.accounts_kit import ORIGIN, Dice, enrol, opened, sign_in
from tests.console.authenticator import Authenticator, b64, unb64


def asked(accounts, clock, words="sign in", binding="browser", officer=None):
    return accounts.passkeys.request_options(binding, words, clock(), officer)


def check(accounts, clock, answer, words="sign in", binding="browser", officer=None):
    return accounts.passkeys.check(answer, binding, words, clock(), officer)


@pytest.mark.parametrize("eddsa", [False, True])
def test_a_passkey_says_who_acts(accounts, clock, eddsa):
    """Nobody types a name: the passkey is its officer's, and the browser is asked to verify its user."""
    key = enrol(accounts, "han", eddsa=eddsa)
    options = asked(accounts, clock)

    assert json.loads(options)["userVerification"] == "required"
    assert json.loads(options)["allowCredentials"] == []
    assert check(accounts, clock, key.get(options)).officer == "han"
    assert accounts.roster.passkeys("han")[0].used_s == clock.clock_s


def test_a_new_passkey_must_verify_its_user_and_stay_on_its_authenticator(accounts, clock):
    """Without a fingerprint or PIN whoever finds a key is its officer."""
    options = accounts.passkeys.creation_options("han", "b", clock())
    selection = json.loads(options)["authenticatorSelection"]
    code = accounts.roster.make_code("han", "", clock.clock_s)

    assert (selection["userVerification"], selection["residentKey"]) == ("required", "required")
    with pytest.raises(Refused, match="not taken"):
        accounts.passkeys.enrol("han", "", Authenticator(ORIGIN, verifies=False).create(options), "b", clock(), code)


def test_an_authenticator_is_told_what_it_holds_already(accounts, clock):
    """It refuses to make a second passkey of the same officer on itself."""
    key = enrol(accounts, "han")
    options = json.loads(accounts.passkeys.creation_options("han", "b", clock()))

    assert [unb64(each["id"]) for each in options["excludeCredentials"]] == [key.identity]


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "http://north.localhost:7101"},
        {"origin": "http://south.localhost:7102"},
        {"origin": "https://south.localhost:7101"},
        {"rp_id": "localhost"},
        {"verifies": False},
        {"cross_origin": True},
        {"handle": b"another officer's"},
        {"secret": Authenticator(ORIGIN, "another").secret},
        {"identity": b"unknown"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_an_answer_that_is_wrong_in_one_thing_is_refused(accounts, clock, changed):
    """Another origin, port, scheme or name; a user not verified; a page in a frame; another's handle, key or id."""
    key = enrol(accounts, "han")
    options = asked(accounts, clock)

    with pytest.raises(Refused):
        check(accounts, clock, key.copy(**changed).get(options))
    assert check(accounts, clock, key.get(options)).officer == "han"


def test_a_replayed_answer_is_refused(accounts, clock):
    """The bytes that signed somebody in sign nobody in again, also where the authenticator counts nothing."""
    key = enrol(accounts, "han").copy(step=0)
    answer = key.get(asked(accounts, clock))
    check(accounts, clock, answer)

    with pytest.raises(Refused, match="used before"):
        check(accounts, clock, answer)


def test_an_answer_counts_for_what_was_asked_alone(accounts, clock):
    """Agreeing to one thing in one browser is not agreeing to another, or in another."""
    answer = enrol(accounts, "han").copy(step=0).get(asked(accounts, clock))

    for words, binding in (("remove a passkey", "browser"), ("sign in", "another browser")):
        with pytest.raises(Refused, match="not for what was asked"):
            check(accounts, clock, answer, words, binding)
    check(accounts, clock, answer)


def test_a_late_answer_is_refused_however_the_clock_is_set(accounts, clock):
    """Two minutes are elapsed time: setting the clock back does not stretch them, nor forward end them."""
    key = enrol(accounts, "han")
    early, late = (key.get(asked(accounts, clock)) for _ in range(2))
    clock.elapsed_ms += LIFE_MS - 1
    clock.step(86_400)
    check(accounts, clock, early)
    clock.elapsed_ms += 1
    clock.step(-90_000)

    with pytest.raises(Refused, match="too late"):
        check(accounts, clock, late)


def test_a_challenge_not_made_here_is_refused(accounts, clock):
    """Neither one that a thief chose nor one of before a restart."""
    key = enrol(accounts, "han")

    for challenge in (b"", bytes(BYTES), bytes(BYTES - 1), b"x" * 500):
        with pytest.raises(Refused):
            check(accounts, clock, key.over(challenge))


def test_a_restart_ends_every_challenge(accounts, clock, tmp_path):
    """The key of the challenges is new with each process."""
    key = enrol(accounts, "han")
    answer, dice = key.get(asked(accounts, clock)), Dice()
    dice.thrown = 1000
    again = opened(tmp_path, clock, dice)

    with pytest.raises(Refused, match="not for what was asked"):
        check(again, clock, answer)
    again.close()


def test_a_count_that_does_not_rise_is_refused_and_logged(accounts, clock):
    """Of a copied authenticator one of the two is noticed at its first use."""
    key = enrol(accounts, "han")
    copied = key.copy()
    check(accounts, clock, key.get(asked(accounts, clock)))
    check(accounts, clock, key.get(asked(accounts, clock)))

    with pytest.raises(Refused, match="copy"):
        check(accounts, clock, copied.get(asked(accounts, clock)))
    [row] = accounts.log.last(1)
    assert (row.kind, row.officer, row.facts["had"], row.facts["came"]) == (journal.REFUSED, "han", 2, 1)


def test_a_count_that_falls_to_nothing_is_refused(accounts, clock):
    """An authenticator that counted does not stop."""
    key = enrol(accounts, "han")
    check(accounts, clock, key.get(asked(accounts, clock)))

    with pytest.raises(Refused, match="fewer uses"):
        check(accounts, clock, key.copy(count=0, step=0).get(asked(accounts, clock)))


def test_a_forged_answer_does_not_fill_the_log(accounts, clock):
    """Only whoever holds the key can leave a row there."""
    key = enrol(accounts, "han")
    check(accounts, clock, key.get(asked(accounts, clock)))
    before = len(accounts.log.last(99))

    with pytest.raises(Refused):
        check(accounts, clock, key.copy(count=0, secret=Authenticator(ORIGIN, "x").secret).get(asked(accounts, clock)))
    assert len(accounts.log.last(99)) == before


def test_another_officers_passkey_does_not_agree_for_this_one(accounts, clock):
    """Where one officer is asked, the other's hand does not count."""
    enrol(accounts, "han")
    other = enrol(accounts, "choi")

    with pytest.raises(Refused, match="not enrolled here for you"):
        check(accounts, clock, other.get(asked(accounts, clock, officer="han")), officer="han")


@pytest.mark.parametrize(
    "answer",
    [
        "", "x", "[]", "{}", "1" * 40_000, '{"response": 1}', '{"response": {"clientDataJSON": 1}}',
        '{"response": {"clientDataJSON": "eA"}}', json.dumps({"response": {"clientDataJSON": b64(b"[]")}}),
        json.dumps({"response": {"clientDataJSON": b64(b'{"type": 1, "challenge": 1, "origin": 1}')}}),
        json.dumps({"response": {"clientDataJSON": b64(b"\xff\xfe")}}),
    ],
    ids=range(11),
)  # fmt: skip
def test_rubbish_for_an_answer_is_our_users_misuse(accounts, clock, answer):
    """Whatever a browser sends, what comes out is words."""
    enrol(accounts, "han")

    with pytest.raises((Misuse, Refused)):
        check(accounts, clock, answer)
    with pytest.raises((Misuse, Refused)):
        accounts.passkeys.enrol("han", "", answer, "browser", clock(), None)


def test_an_answer_with_parts_broken_is_refused(accounts, clock):
    """Each part cut, emptied or replaced; nothing but a refusal comes out."""
    key = enrol(accounts, "han")
    for part in ("signature", "authenticatorData", "userHandle", "clientDataJSON"):
        for value in ("", "AA", 1, None, {"a": 1}):
            answer = json.loads(key.get(asked(accounts, clock)))
            if part == "userHandle" and value is None:
                continue  # an authenticator may leave it out
            answer["response"][part] = value
            with pytest.raises((Misuse, Refused)):
                check(accounts, clock, json.dumps(answer))


def test_a_broken_new_passkey_is_not_kept(accounts, clock):
    """Nobody is enrolled with a key that cannot be checked afterwards."""
    made = Authenticator(ORIGIN)
    for part in ("attestationObject", "clientDataJSON"):
        for value in ("", "AA", 1):
            answer = json.loads(made.create(accounts.passkeys.creation_options("han", "b", clock())))
            answer["response"][part] = value
            with pytest.raises((Misuse, Refused)):
                accounts.passkeys.enrol("han", "", json.dumps(answer), "b", clock(), None)

    assert accounts.roster.passkeys("han") == []


def test_signing_in_leaves_a_row(accounts):
    """The log says who signed in with which passkey."""
    key = enrol(accounts, "han")
    sign_in(accounts, key)
    [row] = accounts.log.last(1)

    assert (row.kind, row.officer, row.facts) == (journal.SIGNED_IN, "han", {"credential": key.identity.hex()})


def test_whoever_tries_too_often_waits():
    """Guessing is slow for one, and for all together; a minute later it is as before."""
    attempts = Attempts()
    for _ in range(EACH_MAX):
        attempts.allow("10.0.0.1", 0.0)
        attempts.failed("10.0.0.1", 0.0)

    with pytest.raises(Refused, match="too many"):
        attempts.allow("10.0.0.1", 59.9)
    attempts.allow("10.0.0.2", 59.9)
    attempts.allow("10.0.0.1", 60.0)


def test_many_strangers_together_wait_too():
    """Changing one's address buys nothing, and what is remembered of strangers is bounded."""
    attempts = Attempts()
    for number in range(ALL_MAX):
        attempts.allow(f"stranger {number}", 0.0)
        attempts.failed(f"stranger {number}", 0.0)

    with pytest.raises(Refused):
        attempts.allow("one more", 1.0)
    for number in range(3 * KNOWN_MAX):
        attempts.allow(f"later {number}", 100.0 + 2 * number)
        attempts.failed(f"later {number}", 100.0 + 2 * number)
    assert len(attempts._by) <= KNOWN_MAX
