"""What the station says, said in Korean: every template has its translation, and every value finds its place in it."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest
from hypothesis import given

from openline.console import signs
from openline.console.words import catalogues, words
from openline.core.explain import explain
from openline.station import sentences
from openline.station.api import facts, saying
from openline.wire.said import Length, Moment, Sentence, say
from tests.said_calls import SOURCE, bare, templates
from tests.unit.core.evidences import EVIDENCE, NOW

KOREAN, ENGLISH = words("ko"), words("en")


def known() -> dict[str, str]:
    return {str(each.id): str(each.string) for _, catalogue in catalogues("ko") for each in catalogue if each.id}


def fields(template: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(template) if name)


def test_every_template_has_its_korean():
    """Nothing that the station says is left in English, and no value is lost or invented on the way."""
    korean = known()
    assert len(templates()) > 500
    assert sorted(templates() - korean.keys()) == []
    for template in templates():
        assert fields(korean[template]) == fields(template), template


# What stops a program before it serves, or is met on the command line alone: no page shows it.
UNSEEN = (
    "station/config.py", "station/config_reading.py", "station/evidence.py", "station/files.py", "station/key_file.py",
    "station/reading.py", "station/relaying.py", "station/toml_text.py", "station/api/serving.py", "station/desk.py",
    "console/program.py", "carriers/live.py",
)  # fmt: skip
SEEN = ("console", "station", "voice", "carriers/load_file.py", "carriers/live.py", "core/release.py", "keys/notes.py",
        "keys/sealing.py", "store/rules.py", "store/sql.py", "store/sqlite.py", "wire/note.py")  # fmt: skip


def seen() -> list[Path]:
    """The files whose errors a page may show."""
    found = [each for name in SEEN for each in ((SOURCE / name).rglob("*.py") if "." not in name else [SOURCE / name])]
    return [each for each in found if str(each.relative_to(SOURCE)) not in UNSEEN]


def test_no_error_that_a_page_may_show_is_bare_text():
    """A refusal, its next step and every other error that crosses the API knows its template."""
    assert len(seen()) > 150
    assert [where for path in seen() for where in bare(path)] == []


PARTICLES = re.compile(r"\}(은|는|이|가|을|를|과|와|으로|로|이나|나|이라|라|였|이었)(?=[\s.,])")


def test_no_value_takes_a_particle_that_depends_on_it():
    """A name or figure ends in a vowel or not: 은/는, 이/가, 을/를, 과/와, (으)로 never follow one."""
    wrong = [text for text in known().values() if PARTICLES.search(text)]
    assert wrong == []


@given(EVIDENCE)
def test_every_explanation_is_said_in_korean(evidence):
    """No sentence of any explanation stays English, and each value stands in it; in English it is the text itself."""
    said = saying.explanation(explain(evidence, NOW))
    for each in (*said.formal, said.observed, *said.for_, *said.against, *said.cannot_know, *said.next_steps):
        korean = sentences.tell(each, KOREAN)
        assert re.search("[가-힣]", korean)
        assert korean.endswith(".")
        assert "{" not in korean.replace("{brace", "")
        assert sentences.tell(each, ENGLISH) == each.text
        for value in each.values.values():
            assert sentences.value_told(value, KOREAN) in korean


@pytest.mark.parametrize(
    ("value", "korean"),
    [
        (Length.of(61_000), "61초"), (Length.of(17 * 60_000), "17분"), (Length.of(3 * 3_600_000), "3시간"),
        (Length.of(86_400_000 * 1_000), "1,000일"),
        (Moment.of(1_594_022_520, 1_594_022_520, "Asia/Seoul"), "17:02"),
        (Moment.of(1_594_022_520, 1_594_122_520, "Asia/Seoul"), "7월 6일 17:02"),
        (Moment.of(1_594_022_520, 1_694_122_520, "Asia/Seoul"), "2020년 7월 6일 17:02"),
        (Moment.of(10**12, 0, "Asia/Seoul"), "1,000,000,000,000"),
        (12_345, "12,345"), ("이름", "이름"),
    ],
)  # fmt: skip
def test_values_are_told_as_koreans_read_them(value, korean):
    """Lengths with their unit, instants with as much of the date as is needed."""
    assert sentences.value_told(value, KOREAN) == korean


def test_a_template_of_a_newer_station_is_said_in_english():
    """What this console does not know is shown whole, in English, and not half."""
    age = Length(amount=17, unit="min")
    strange = Sentence(template="It came {age} ago.", values={"age": age}, text="It came 17 min ago.")
    assert sentences.tell(strange, KOREAN) == "It came 17 min ago."


def test_every_name_of_a_fact_is_a_word_of_the_console():
    """What the station calls a fact, a page can call it too."""
    tree = ast.parse(Path(facts.__file__).read_text())
    names = {
        node.value.elts[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Yield)
        and isinstance(node.value, ast.Tuple)
        and isinstance(node.value.elts[0], ast.Constant)
    }
    assert len(names) > 20
    assert names <= signs.FACTS.keys()


def test_a_template_that_korean_writes_by_the_same_signs_is_translated():
    """What is put into it is in Korean too, and is not lost with the whole."""
    sentence = say("{what}: “{text}”", what=say("{line} {lane}", line="west", lane=say("liaison")), text="why")
    assert sentences.in_words(sentence, KOREAN) == "west 연락 통로: “why”"
    assert sentences.in_words(say("{one} and no catalogue", one=say("liaison")), KOREAN) == "liaison and no catalogue"
