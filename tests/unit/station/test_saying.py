"""What the API tells of a sentence, or of a refusal, is enough to say it again."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from openline.core.explain import explain
from openline.station.api import answers, app, saying, types_said
from openline.wire import said as parts
from openline.wire.errors import OpenlineError, Refused, StorageFault
from openline.wire.said import Said, say
from tests.unit.core.evidences import EVIDENCE, NOW


def texts(value: parts.Value) -> str:
    """A value in English from what the API told; of an instant, only that it is one."""
    match value:
        case parts.Sentence():
            return value.template.format(**{name: texts(each) for name, each in value.values.items()})
        case parts.Length():
            return f"{value.amount:,} {value.unit}"
        case parts.Listed():
            *most, last = (texts(each) for each in value.of)
            return f"{', '.join(most)} and {last}" if most else last
        case parts.Moment():
            return "\0"
        case int():
            return f"{value:,}"
        case _:
            return value


def without_instants(text: str, sentence: parts.Sentence) -> bool:
    """Whether a text is the sentence, whatever stands for its instants."""
    parts = texts(sentence).split("\0")
    return text.startswith(parts[0]) and text.endswith(parts[-1]) and all(part in text for part in parts)


@given(EVIDENCE)
def test_a_sentence_crosses_the_api_whole(evidence):
    """Template and values survive JSON, and are the text that stands beside them."""
    found = explain(evidence, NOW)
    told = saying.explanation(found)
    again = msgspec.json.decode(msgspec.json.encode(told), type=types_said.ExplanationSaid)

    assert again == told
    assert " ".join(each.text for each in again.formal) == found.formal
    pairs = [
        (again.observed, found.headline),
        *zip(again.for_, found.for_, strict=True),
        *zip(again.against, found.against, strict=True),
        *zip(again.cannot_know, found.cannot_know, strict=True),
        *zip(again.next_steps, found.next_steps, strict=True),
    ]
    for sentence, text in pairs:
        assert sentence.text == text
        assert without_instants(text, sentence)


def crossed(error: OpenlineError) -> OpenlineError:
    """An error as whoever asked over HTTP has it."""
    told = app._error(error)
    return answers.fault(bytes(told.body), told.status_code)


def test_a_refusal_crosses_the_api_whole():
    """Class, text, next step, and what both are made of, with the clause of another rule inside."""
    why = say("line {line} has expired", line="west")
    error = Refused(say("{why}: no {what} is sent on it", why=why, what=say("call")), next_step=say("Order one."))
    again = crossed(error)

    assert type(again) is Refused
    assert (again.what, again.next_step) == ("line west has expired: no call is sent on it", "Order one.")
    assert isinstance(again.what, Said)
    assert again.what.sentences == error.what.sentences  # type: ignore[attr-defined]
    assert again.what.sentences[0].values["why"] == why.sentences[0]


@pytest.mark.parametrize("text", ["", "what the other side sent: {why}", "no table named x"])
def test_text_that_was_not_said_stays_text(text):
    """Nothing is made of what stands for itself, braces and all."""
    again = crossed(StorageFault(text))

    assert type(again.what) is str
    assert (again.what, again.next_step) == (text, "")


def test_an_answer_may_hold_what_was_said():
    """In a field of plain text it is its text; nothing else of ours slips through unseen."""
    assert msgspec.json.encode([say("up")], enc_hook=parts.as_text) == b'["up"]'
    with pytest.raises(NotImplementedError):
        msgspec.json.encode([object()], enc_hook=parts.as_text)
