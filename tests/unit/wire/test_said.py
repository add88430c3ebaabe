"""What is said keeps what it was made of: every sentence is its template with its values, and nothing else."""

from __future__ import annotations

import ast
import string

import pytest
from hypothesis import given

from openline.core.explain import Explanation, explain
from openline.wire.said import Length, Listed, Moment, Said, say, together
from tests.said_calls import calls_of_say
from tests.unit.core.evidences import EVIDENCE, NOW


def all_said(found: Explanation) -> list[Said]:
    return [found.formal, found.headline, *found.for_, *found.against, *found.cannot_know, *found.next_steps]


def test_every_template_is_a_literal_with_a_field_for_each_value():
    """A translator finds every template in the source, and every value has its place in it."""
    calls = calls_of_say()

    assert len(calls) > 500
    for where, call in calls:
        assert isinstance(call.args[0], ast.Constant), f"{where}: the template is put together"
        fields = {name for _, name, _, _ in string.Formatter().parse(call.args[0].value) if name}
        assert fields == {each.arg for each in call.keywords}, where


@given(EVIDENCE)
def test_every_sentence_of_an_explanation_knows_its_template(evidence):
    """Nothing in an explanation is bare text: its sentences, one after another, are the whole of it."""
    for said in all_said(explain(evidence, NOW)):
        assert isinstance(said, Said)
        assert said == " ".join(map(str, said.sentences))
        assert said.sentences


def test_sentences_stand_one_after_another():
    """What is said together keeps each sentence by itself."""
    both = together(say("We {verb}.", verb="wait"), say("Nothing came."))

    assert both == "We wait. Nothing came."
    assert [each.template for each in both.sentences] == ["We {verb}.", "Nothing came."]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a {brace}", "a {brace}"),
        (1234, "1,234"),
        (Length.of(61_000), "61 s"),
        (Moment.of(0, 0, "Asia/Seoul"), "09:00"),
        (Moment.of(0, 86_400 * 400, "UTC"), "1 January 1970, 00:00"),
        (Moment.of(10**12, 0, "UTC"), "second 1000000000000"),
        (Listed.each(("a", "b", "c")), "a, b and c"),
        (Listed.each([say("{line} ({age} ago)", line="east", age=Length.of(5_000))]), "east (5 s ago)"),
    ],
)
def test_a_value_is_data_and_has_its_english(value, expected):
    """A name is shown as it is, braces and all; counts, ages, instants and lists as an English sentence has them."""
    assert say("So: {value}.", value=value) == f"So: {expected}."
