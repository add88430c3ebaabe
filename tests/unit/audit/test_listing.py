"""An export listed: causes before effects, one line an entry, in the words of the accord."""

from __future__ import annotations

import io

import pytest

from openline.audit.describe import Describer
from openline.audit.listing import accord_of, listed
from openline.audit.words import KIND_WORDS
from openline.wire import bodies
from openline.wire.errors import Malformed
from openline.wire.terms import Head
from tests.unit.audit.build import START_S, Book, message, small, whole, whole_export


def listing(data: bytes) -> list[str]:
    describer = Describer(accord_of(io.BytesIO(data))[0])
    return [describer.row(x).text() for x in listed(io.BytesIO(data), io.BytesIO(data))]


def test_causes_come_before_effects():
    """Every entry comes behind what its author had acknowledged and what its author wrote before."""
    order = list(listed(io.BytesIO(whole_export()), io.BytesIO(whole_export())))

    assert len(order) == 34
    seen: dict[int, tuple[int, int]] = {0: (-1, -1), 1: (-1, -1)}
    for entry in order:
        assert (entry.gen, entry.seq) > seen[entry.side]
        assert entry.ack is None or entry.ack[:2] <= seen[1 - entry.side]
        seen[entry.side] = (entry.gen, entry.seq)


def test_a_clock_behind_does_not_change_the_order():
    """An answer whose author's clock is an hour behind comes after what it answers all the same."""
    book = Book()
    asked = message(book, 0, "asked")
    book.now_s = START_S - 3600
    message(book, 1, "answered", answers=asked.id)

    assert ["asked" in line for line in listing(book.export())] == [True, False]


def test_an_acknowledgement_of_nothing_does_not_stop_the_listing():
    """Entries that name each other in a circle, or what is absent, are listed by their times."""
    book = Book()
    book.add(0, bodies.Ack(), ack=Head(0, 5, bytes(32)))
    book.add(1, bodies.Ack(), ack=Head(0, 7, bytes(32)))

    assert len(listing(book.export())) == 2


def test_every_kind_is_told_in_words():
    """Each kind has its word; lines, principals, officers go by their names; messages as officers cite them."""
    lines = listing(whole_export())
    text = "\n".join(lines)

    for word in KIND_WORDS.values():
        assert any(line[38:].split("  ")[0].strip() == word for line in lines), word
    for phrase in (
        "2020-06-08 00:02:00Z  north 0/1       message          north–panmunjom–2020–1  IMMEDIATE; answer within 10",
        "receipt          north 0/1 acknowledged, choi on watch; approved by choi",
        "answers north–panmunjom–2020–1; “understood”",
        "incident/1: grid = 38.3N, what = smoke",
        "to president, sealed",
        "panmunjom liaison, military west liaison: “leaflets”; approved by pak, ri",
        "lifting north 0/4",
        "answered, closing south 0/8, size 6, root",
        "goes on from south 0/13, settling a fork",
        "unknown 99",
    ):
        assert phrase in text


def test_what_the_accord_does_not_name_goes_by_its_number():
    """Numbers that point nowhere are told as numbers."""
    book = Book()
    book.add(0, bodies.Service(line=9, text="x"))
    book.add(0, bodies.Letter(to=7, age=b""))
    book.add(0, book.approved(0, bodies.Receipt(seq=3, officer=77), [0]))
    book.add(0, bodies.Message(number=1, text="x", exercise=True, corrects=bytes(32)))
    lines = listing(book.export())

    assert "line 9" in lines[0]
    assert "to 7, sealed" in lines[1]
    assert "officer 77 on watch" in lines[2]
    assert "EXERCISE; corrects 000000000000…" in lines[3]


def test_a_row_is_plain():
    """For programs: the place, the time, the id in hex, the words."""
    book = small(1)
    entry = book.chains[0][0]
    plain = Describer(book.made.signed.accord).row(entry).to_plain()

    assert (plain["id"], plain["name"], plain["kind"]) == (entry.id.hex(), "north 0/0", "message")
    assert plain["place"] == {"side": 0, "gen": 0, "seq": 0}
    assert (plain["lines"], plain["lane"]) == (["panmunjom"], "liaison")
    assert plain["time"] == "2020-06-08 00:01:00Z"


def test_damage_ends_a_listing_where_it_is():
    """What cannot be read is named by its byte, with what to do next; so is what is no export."""
    data = small().export()
    at = data.index(small().chains[1][1].data)
    with pytest.raises(Malformed) as caught:
        listing(data[:at] + b"\0" + data[at + 1 :])
    assert f"{at - 4:,}" in caught.value.what
    assert "audit" in caught.value.next_step
    for other in (b"", data[:30], data[:18] + data[at - 4 :]):
        with pytest.raises(Malformed):
            listing(other)


def test_old_names_are_forgotten(monkeypatch):
    """Names of entries far back are let go of, so that memory does not grow; their ids are told instead."""
    monkeypatch.setattr("openline.audit.describe.NAMED_MAX", 2)
    book = small(4)
    message(book, 0, answers=book.chains[0][0].id)

    assert f"answers {book.chains[0][0].id.hex()[:12]}…" in listing(book.export())[-1]


def test_a_whole_record_is_listed_once():
    """As many lines as entries, none twice."""
    lines = listing(whole().export(1))

    assert len(lines) == len({line[22:36] for line in lines}) == 34
