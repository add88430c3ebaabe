"""Sessions: their tokens, their watch, their end."""

from __future__ import annotations

import pytest

from openline.console.accounts import journal, sessions
from openline.console.accounts.database import copy_apart, open_database
from openline.console.accounts.sessions import AHEAD_S, LIFE_S, Held
from tests.console.accounts_kit import IDLE_S, enrol, opened, sign_in


@pytest.fixture
def key(accounts):
    return enrol(accounts, "han")


def find(accounts, clock, token, **how):
    return accounts.sessions.find(token, clock.clock_s, **how)


def test_a_token_is_its_session(accounts, clock, key):
    """The one who signed in is found by the token, and by nothing else."""
    token = sign_in(accounts, key)

    assert find(accounts, clock, token).officer == "han"
    for wrong in (None, "", "x", token[:-1], token + "A", token.swapcase(), "é", "=" * 50):
        assert find(accounts, clock, wrong) is None


def test_a_token_is_kept_as_a_hash(accounts, key, tmp_path):
    """A copy of the file lets nobody in."""
    token = sign_in(accounts, key)

    assert all(token.encode() not in each.read_bytes() for each in tmp_path.iterdir())


def test_signing_in_gives_a_new_token_and_ends_the_one_the_browser_had(accounts, clock, key):
    """A token planted in a browser beforehand is worth nothing afterwards."""
    first = sign_in(accounts, key)
    second = accounts.sessions.begin("han", clock.clock_s, key.identity, instead_of=first)

    assert second != first
    assert find(accounts, clock, first) is None
    assert find(accounts, clock, second) is not None


def test_an_idle_session_is_over(accounts, clock, key):
    """After the configured time without a request; the log says it ran out."""
    token = sign_in(accounts, key)
    clock.pass_s(IDLE_S - 1)
    assert find(accounts, clock, token) is not None
    clock.pass_s(IDLE_S - 1)
    assert find(accounts, clock, token, used=False) is not None
    clock.pass_s(1)

    assert find(accounts, clock, token) is None
    assert accounts.log.last(1)[0].facts == {"why": "it ran out"}


def test_what_the_page_asks_by_itself_keeps_no_session_open(accounts, clock, key):
    """A page that is fed live is not a person."""
    token = sign_in(accounts, key)
    for _ in range(IDLE_S // 60):
        assert find(accounts, clock, token, used=False) is not None
        clock.pass_s(60)

    assert find(accounts, clock, token, used=False) is None


def test_a_session_is_over_after_a_day_whatever_is_done(accounts, clock, key):
    """Nobody is signed in for ever."""
    token = sign_in(accounts, key)
    for _ in range(LIFE_S // 1800 - 1):
        clock.pass_s(1800)
        assert find(accounts, clock, token) is not None
    clock.pass_s(1800)

    assert find(accounts, clock, token) is None


def test_a_clock_set_far_back_ends_a_session(accounts, clock, key):
    """How old it is cannot be known; a small step is nothing, and setting it forward again revives nothing."""
    token = sign_in(accounts, key)
    clock.step(-AHEAD_S)
    assert find(accounts, clock, token) is not None
    clock.step(-1)
    assert find(accounts, clock, token) is None
    clock.step(AHEAD_S + 1)
    assert find(accounts, clock, token) is None


@pytest.mark.parametrize(
    "now",
    [
        (),
        (Held("desk", "choi", 2000),),
        (Held("desk", "han", 3000),),
        (Held("other", "han", 1000),),
    ],
    ids=["off", "taken over", "taken over and back", "elsewhere"],
)
def test_a_session_ends_with_its_watch(accounts, clock, key, now):
    """At watch off, and when another takes the post over, even for a moment."""
    token = sign_in(accounts, key)
    accounts.sessions.take_post(find(accounts, clock, token), Held("desk", "han", 1000))
    accounts.sessions.end_relieved([Held("desk", "han", 1000), Held("west", "choi", 5)], clock.clock_s)
    assert find(accounts, clock, token).post == "desk"

    accounts.sessions.end_relieved(now, clock.clock_s)

    assert find(accounts, clock, token) is None
    assert (accounts.log.last(1)[0].kind, accounts.log.last(1)[0].facts) == (
        journal.SIGNED_OUT, {"why": "the watch is over"},
    )  # fmt: skip


def test_the_post_of_a_side_that_names_none_ends_its_sessions_too(accounts, clock, key):
    """The one post without a name is a post."""
    token = sign_in(accounts, key)
    accounts.sessions.take_post(find(accounts, clock, token), Held("", "han", 1000))

    assert accounts.sessions.end_relieved([], clock.clock_s) == 1
    assert find(accounts, clock, token) is None


def test_a_session_without_a_watch_does_not_end_with_one(accounts, clock, key):
    """An auditor or a second releaser holds no post."""
    token = sign_in(accounts, key)

    assert accounts.sessions.end_relieved([], clock.clock_s) == 0
    assert find(accounts, clock, token) is not None


def test_an_officer_sees_every_open_session_of_theirs(accounts, clock, key):
    """A stolen one shows, and can be ended."""
    first, second = sign_in(accounts, key), sign_in(accounts, key)
    stolen = accounts.sessions.of("han", clock.clock_s)[0]
    accounts.sessions.end(stolen, clock.clock_s, "ended from another browser")

    assert [bool(find(accounts, clock, token)) for token in (first, second)].count(True) == 1
    assert len(accounts.sessions.of("han", clock.clock_s)) == 1


def test_a_restart_ends_no_session(accounts, clock, key, tmp_path):
    """An upgrade in the middle of a watch signs nobody out."""
    token = sign_in(accounts, key)
    again = opened(tmp_path, clock)

    assert find(again, clock, token).officer == "han"
    again.close()


def test_a_session_that_was_idle_rests(accounts, clock, key):
    """It is no session any more; that it was one is known until its day is over, or its browser signs in again."""
    token = sign_in(accounts, key)
    assert accounts.sessions.resting(token, clock.clock_s) is None
    clock.pass_s(IDLE_S)
    assert find(accounts, clock, token) is None
    assert accounts.sessions.resting(token, clock.clock_s).officer == "han"
    assert accounts.sessions.of("han", clock.clock_s) == []
    for other in (None, "", "x", token[:-1]):
        assert accounts.sessions.resting(other, clock.clock_s) is None

    accounts.sessions.begin("han", clock.clock_s, key.identity, instead_of=token)
    assert accounts.sessions.resting(token, clock.clock_s) is None


def test_rest_outlasts_a_restart_and_not_its_officer(accounts, clock, key, tmp_path):
    """A console that is started anew knows its pages; whoever loses a passkey or a role has none that rings, and a
    backup holds none."""
    token = sign_in(accounts, key)
    clock.pass_s(IDLE_S)
    assert find(accounts, clock, token) is None
    again = opened(tmp_path, clock)
    assert again.sessions.resting(token, clock.clock_s).officer == "han"
    assert find(again, clock, token) is None
    copy_apart(tmp_path / "console.db", tmp_path / "copy.db")
    copy = open_database(tmp_path / "copy.db")
    assert copy.rows("SELECT * FROM resting") == []
    copy.close()

    again.roster.set_roles("han", ("officer",), "", clock.clock_s)
    assert again.sessions.resting(token, clock.clock_s) is None
    again.close()


def test_rest_is_bounded(accounts, clock, key, monkeypatch):
    """However many browsers were left: those that were used last are known."""
    monkeypatch.setattr(sessions, "RESTING_MAX", 2)
    tokens = [sign_in(accounts, key)]
    for _ in range(2):
        clock.pass_s(1)
        tokens.append(sign_in(accounts, key))
    clock.pass_s(IDLE_S)
    for token in tokens:
        find(accounts, clock, token)
    assert [bool(accounts.sessions.resting(token, clock.clock_s)) for token in tokens] == [False, True, True]


def test_rest_is_over_with_the_day(accounts, clock, key):
    """As the session would have been; and one that was ended by hand never rests."""
    token, other = sign_in(accounts, key), sign_in(accounts, key)
    accounts.sessions.end(find(accounts, clock, other), clock.clock_s, "signed out")
    clock.pass_s(IDLE_S)
    assert find(accounts, clock, token) is None
    assert accounts.sessions.resting(other, clock.clock_s) is None
    clock.pass_s(LIFE_S - IDLE_S)
    assert accounts.sessions.resting(token, clock.clock_s) is None
