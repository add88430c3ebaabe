"""Letters at the console's side: sealed files pass, nothing else does."""

from __future__ import annotations

import base64

import pytest

from openline.console import sealed
from openline.keys import letters
from openline.keys.secret import SystemEntropy, XwingKey
from openline.station.api import types as t
from openline.station.api import types_items as items
from openline.wire.errors import Misuse, Refused
from openline.wire.limits import LETTER_FILE_BYTES_MAX


def age_file(text: bytes = b"sealed", count: int = 1) -> bytes:
    keys = [XwingKey.generate(SystemEntropy()).public for _ in range(count)]
    return letters.seal(text, keys, SystemEntropy())


def coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_a_sealed_letter_is_carried_and_given_out_as_it_came(browser, pair):
    """Byte for byte, there and back; its page says that no station can read it."""
    data = age_file()
    answer = browser.post("/letters/send", data={"to": "minister", "age": coded(data)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/letters?sent=1")
    entry = pair.north.draft(t.Letter(to="minister", age=data)).entry
    pair.wait_equal()
    assert entry is not None
    assert f"/letters/{entry.id}" in browser.get("/letters").text
    page = browser.get(f"/letters/{entry.id}").text
    assert f'data-age="{coded(data)}"' in page
    given = browser.get(f"/letters/{entry.id}/file")
    assert given.content == data
    assert given.headers["content-type"] == "application/octet-stream"
    assert given.headers["content-disposition"].startswith("attachment;")
    assert "No station can read it." in browser.get(f"/items/{entry.id}").text


def test_marking_a_letter_tells_nobody(browser, pair):
    """It is handed over for our own side; their record says delivered, as before."""
    entry = pair.north.draft(t.Letter(to="minister", age=age_file())).entry
    pair.wait_equal()
    browser.post(f"/items/{entry.id}/open")
    assert "handed over" in browser.get(f"/letters/{entry.id}").text
    pair.wait_equal()
    one = pair.north.asking.get("/v1/inbox/item", items.One, ref=entry.id)
    assert one.item.receipt == "delivered"


@pytest.mark.parametrize(
    "data",
    [b"Dear minister", b"", b"age-encryption.org/v1\n", b"age-encryption.org/v1\n-> mlkem768x25519 x\n", bytes(20_000)],
)
def test_what_is_not_sealed_does_not_pass(browser, data):
    """The form is refused, and the page says so; the text is not given back in it either."""
    answer = browser.post("/letters/send", data={"to": "minister", "age": coded(data)})
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    with pytest.raises(Misuse):
        sealed.sealed_file(coded(data))


def test_a_letter_to_a_weak_recipient_too_does_not_pass():
    """Mixed, or classical alone: it is as readable as that key is weak."""
    first, rest = age_file().split(b"\n", 1)
    classical = b"-> X25519 " + b"A" * 43 + b"\n" + b"A" * 43 + b"\n"
    for data in (first + b"\n" + classical + rest, first + b"\n" + classical + rest[rest.index(b"--- ") :]):
        with pytest.raises(Refused):
            sealed.sealed_file(coded(data))


def test_a_sealed_file_has_a_bound_and_one_or_more_recipients():
    """Two hybrid recipients are well; what an entry cannot hold is not."""
    assert sealed.sealed_file(coded(age_file(count=2)))
    with pytest.raises(Misuse):
        sealed.sealed_file(coded(age_file(bytes(LETTER_FILE_BYTES_MAX))))
    with pytest.raises(Misuse):
        sealed.sealed_file("no base64!")


def test_a_message_is_no_letter(browser, pair):
    """Said, not shown."""
    entry = pair.south.message("plain")
    assert browser.get(f"/letters/{entry.id}").status_code == 400
    assert browser.get(f"/letters/{entry.id}/file").status_code == 400
