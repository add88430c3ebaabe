"""What the API tells of a sentence is enough to say it again."""

from __future__ import annotations

import msgspec
from hypothesis import given

from openline.core.explain import explain
from openline.station.api import saying, types_said
from openline.wire import said as parts
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
