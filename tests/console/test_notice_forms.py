"""The forms of notices: the page that describes them, their bounds, and what is shown of one that is not known."""

from __future__ import annotations

from pathlib import Path

from openline.console import notice_forms
from openline.wire.limits import FORM_FIELDS_MAX, NAME_BYTES_MAX

PAGE = Path(__file__).parents[2] / "docs/forms.md"


def test_the_page_of_forms_is_that_of_the_code():
    """Another implementation writes its labels from the page: every form and key, and which must be there."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{form.id}` | `{field.key}` | {'yes' if field.needed else ''} | {field.label} |"
        for form in notice_forms.FORMS.values()
        for field in form.fields
    ]


def test_forms_are_within_the_bounds_of_a_notice():
    """Ids and keys are names of the record, and no form has more fields than a notice may."""
    for form in notice_forms.FORMS.values():
        assert len(form.id.encode()) <= NAME_BYTES_MAX
        assert len(form.fields) <= FORM_FIELDS_MAX
        assert len({field.key for field in form.fields}) == len(form.fields)
        assert any(field.needed for field in form.fields)


def test_what_a_form_does_not_know_is_shown_last_by_its_key():
    """A field that a later release added is as visible as any other; so is a whole form that is not known."""
    told = notice_forms.told("line-test", {"zz": "1", "remark": "2", "test": "3"})
    assert [(each.label, each.value, each.known) for each in told] == [
        ("Test text", "3", True), ("Remark", "2", True), ("zz", "1", False),
    ]  # fmt: skip
    assert [each.known for each in notice_forms.told("of another release", {"a": "b"})] == [False]
