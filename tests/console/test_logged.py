"""The console's log as sentences: what happened, in the reader's language, and nothing raw in its place."""

from __future__ import annotations

import msgspec
import pytest

from openline.console import logged
from openline.console.accounts import journal
from openline.console.accounts.journal import KINDS, Row
from openline.console.words import words
from openline.wire.said import say
from tests.console.english import RUN

UNTIL_S = 1_800_000_000  # 2027-01-15 17:00 in Seoul
SAID = say("{line} {lane}", line="west", lane=say("liaison"))
RELEASE = {"draft": "04e0adb7", "counter": 7, "what": "suspend  liaison", "act": "suspend",
           "said": msgspec.to_builtins(SAID.sentences)}  # fmt: skip
ROWS = {
    journal.SIGNED_IN: ({"credential": "3f2a91c4d5e6f7"}, "3f2a91c4…"),
    journal.SIGNED_OUT: ({"why": "it ran out"}, "오랫동안 조작이 없었거나 하루가 지났습니다."),
    journal.REFUSED: ({"credential": "aa", "had": 5, "came": 3, "why": "count of uses"}, "이전의 5회보다 적습니다"),
    journal.CODE_MADE: ({"to": "lee", "expires_s": UNTIL_S}, "등록 코드 대상: lee, 유효 기한: 2027-01-15 17:00"),
    journal.ENROLLED: ({"credential": "aa", "public_key": "bb", "label": "금고", "by": "code"}, "“금고” (aa)"),
    journal.REMOVED: ({"of": "lee", "credentials": ["aa", "bb"]}, "lee 담당관의 모든 패스키: 2개"),
    journal.RESET_ASKED: ({"of": "lee", "expires_s": UNTIL_S}, "다른 감독관이 동의하면"),
    journal.ROLES: ({"of": "kim", "before": [], "now": ["officer", "auditor"]},
                    "kim 담당관의 현재 권한: 담당관, 감사관. 이전 권한: 없음."),
    journal.ASSERTED: ({**RELEASE, "credential": "aa", "assertion": "{}"}, "중단: west 연락 통로"),
    journal.APPROVED: ({**RELEASE, "entry": "cc"}, "이 승인으로 기록됨"),
    journal.NOT_APPROVED: ({**RELEASE, "why": "this draft cannot be released any more"}, "기안 04e0adb7"),
}  # fmt: skip


def row(kind: str, facts: dict[str, object]) -> Row:
    return Row(1, 1000, kind, "kim", facts, b"", bytes(32))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_row_is_a_sentence_in_korean(kind):
    """With roles, times and reasons in words; no list or number of seconds stands in it as it was stored."""
    facts, holds = ROWS[kind]
    text = logged.told(row(kind, facts), words("ko"), "Asia/Seoul").text

    assert holds in text
    assert "[" not in text
    assert str(UNTIL_S) not in text
    if kind != journal.NOT_APPROVED:  # what a station of before said stands as it was said
        assert not RUN.search(text)


def test_why_a_release_was_not_taken_is_told_in_words():
    """A refusal of ours or the station's keeps what it was made of in the log."""
    why = say("this draft cannot be released any more: {why}", why=say("releasing needs the role releaser"))
    facts = {**RELEASE, "why": why, "why_said": msgspec.to_builtins(why.sentences)}

    text = logged.told(row(journal.NOT_APPROVED, facts), words("ko"), "Z").text
    assert "releas" not in text
    assert "사유: 이 기안은 더 이상 결재할 수 없습니다: " in text


@pytest.mark.parametrize("kind", [*KINDS, "a kind of another release"])
def test_a_broken_row_is_told_all_the_same(kind):
    """Whatever stands in it: no facts, facts of other types, times beyond the calendar."""
    for facts in ({}, {"damaged": "x"}, {name: [1] for name in ("of", "now", "before", "why", "label", "expires_s")},
                  {"said": {"template": 3}, "credentials": "x", "expires_s": 2**70}):  # fmt: skip
        told = logged.told(row(kind, facts), words("ko"), "Asia/Seoul")
        assert bool(told.text) == (kind in KINDS)
        assert [name for name, _ in told.facts] == [name for name in facts if name not in logged.RAW]


def test_the_tests_name_every_kind():
    """A kind that comes later has its sentence too."""
    assert set(ROWS) == set(KINDS)
