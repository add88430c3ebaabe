"""One Korean word for one thing, in every catalogue (docs/korean.md)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openline.console.words import catalogues

TABLE = Path(__file__).parents[2] / "docs/korean.md"
ELSEWHERE = {"열쇠고리"}  # where a forbidden word is part of another
# Terms that stand alone in a catalogue as another thing than the glossary's: a button, a state, a field of a form.
ALONE = {
    "call": "호출",  # the button that rings
    "sealed": "봉인",  # of a check-in
    "relay": "중계",  # the kind of a carrier
    "head": "최신",  # a mark beside an entry
}


def rows() -> list[tuple[list[str], list[str], list[str]]]:
    """Term, Korean and what is never said, of every row."""
    found = re.findall(r"^\| (?!term|---)(.+?) \| (.+?) \| (.+?) \|$", TABLE.read_text(), re.M)
    return [
        (re.sub(r" \(.*?\)", "", term).split(", "), re.sub(r" \(.*?\)", "", korean).split(", "), never.split(", "))
        for term, korean, never in found
    ]  # fmt: skip


def translations() -> list[tuple[str, str, str]]:
    return [
        (path.name, str(each.id), str(each.string))
        for path, catalogue in catalogues("ko")
        for each in catalogue
        if each.id
    ]


def strays(text: str, never: list[str]) -> list[str]:
    """Forbidden words in a text."""
    for word in ELSEWHERE:
        text = text.replace(word, "")
    return [word for word in never if re.search(rf"(?<![가-힣]){word}", text)]


def test_no_catalogue_calls_a_thing_by_another_word():
    """우리측 is never 우리 측, a station never 통신소, an offer never 제안."""
    never = [word for *_, words in rows() for word in words]
    assert len(never) > 80
    assert [(name, text) for name, _, text in translations() if strays(text, never)] == []


@pytest.mark.parametrize("text", ["우리 측 담당관", "상대측 통신소가 받았다", "제안을 수락", "본인의 열쇠로 서명"])
def test_a_forbidden_word_is_found(text):
    """The check can fail."""
    assert strays(text, [word for *_, words in rows() for word in words])


def test_a_term_alone_has_its_korean():
    """Where a catalogue translates a term and nothing else, it is the glossary's word."""
    words = {term: korean for terms, korean, _ in rows() for term in terms}
    wrong = []
    for name, english, text in translations():
        term = english.lower()
        if term in words and not any(word in text for word in [*words[term], ALONE.get(term, "\0")]):
            wrong.append((name, english, text))
    assert wrong == []


def test_every_term_of_the_glossary_is_used():
    """A row that no catalogue uses is no word of ours."""
    whole = " ".join(text for *_, text in translations())
    assert [korean for _, korean, _ in rows() if not any(word in whole for word in korean)] == []
