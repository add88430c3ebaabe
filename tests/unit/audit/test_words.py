"""A verdict in words: the verdict first, every break with its entry, byte and key; nothing that steers a terminal."""

from __future__ import annotations

import pytest

from openline.audit import words
from openline.audit.verdict import Break, Verdict
from openline.keys import public
from openline.wire import accord as accords
from openline.wire import bodies
from openline.wire.terms import Head
from tests.unit.audit.build import Book, audited, message, small, statement, whole_export


def told(verdict: Verdict) -> str:
    return "\n".join(words.lines(verdict))


def test_a_sound_record_in_words():
    """Sides, digits, chains with their kinds, heads and keys, checkpoints, findings and statements."""
    text = told(audited(whole_export()))

    assert text.startswith("VERIFIES: all 34 entries hold")
    for phrase in (
        "record of    north, exported 2020-06-08 00:34:00Z by its station's clock",
        "inter-Korean, between north and south",
        "not anchored: compare these digits",
        "1 beside the chains as evidence",
        "unknown kind 99: 1",
        "2 checkpoints verified: post-quantum signatures cover it up to 0/8",
        "south 0/13: its author signed two entries there",
        "north 0/7: announcement (en, ko) verifies, accepted at south 0/9: “All lines are open.”",
    ):
        assert phrase in text
    assert "BREAK" not in text


def test_the_accord_is_said_to_be_anchored_or_not():
    """With digits the words say whether they are the accord's."""
    digits = accords.digits(small().made.id)

    assert "anchored: they are the digits that were given" in told(audited(small().export(), accord_digits=digits))
    text = told(audited(small().export(), accord_digits="1" * 60))
    assert "NOT the digits that were given" in text
    assert "damaged" not in text


def test_a_break_in_words():
    """Which side's which entry, at which byte, whose key, what holds before and after, and when the damage came."""
    book = small()
    data = book.export()
    entry = book.chains[1][1]
    at = data.index(entry.data)
    text = told(audited(data[: at + 70] + b"\xff" + data[at + 71 :]))

    assert text.startswith("DOES NOT VERIFY: it breaks at south 0/1.")
    for phrase in (
        "BREAK        south 0/1 (south's generation 0, entry 1)",
        f"at byte {at - 4:,} of the file",
        f"by south's station, key {public.fingerprint(book.signers[1].public)}",
        f"its author's next entry names it {entry.id.hex()}",
        "entries      6, of which 5 verify",
        "4 of them verify before the first break",
        "after the export was signed",
        "holds 0/0, 0/2",
    ):
        assert phrase in text


def test_damage_from_before_the_signature():
    """A record that was wrong when it was exported is said to have been."""
    book = small()
    book.chains[0][0] = book.sign(0, book.chains[0][0].core[:-1] + b"?")
    text = told(audited(book.export()))

    assert "before the export was signed" in text


def test_an_incomplete_record_in_words():
    """What is absent, by its place, and who names it."""
    book = small()
    book.add(0, bodies.Ack(), ack=Head(0, 9, bytes(32)))
    text = told(audited(book.export()))

    assert text.startswith("INCOMPLETE: what is here holds (7 entries), but 1 named are absent.")
    assert "south 0/9 0000000000000000…: north 0/3 acknowledges it" in text


def test_what_is_no_export_in_words():
    """Only what could be told is told."""
    assert told(audited(b"")).startswith("DOES NOT VERIFY: not an export")
    assert "at byte 18" in told(audited(small().export()[:500]))


def test_long_lists_end_with_their_count():
    """A screen is not flooded: the list ends and says how many more there are."""
    verdict = audited(small().export())
    for seq in range(30):
        verdict.breaks.add(Break("ack", f"wrong {seq}"))
        book = small()
    text = told(verdict)
    assert "and 10 more breaks" in text
    book = Book()
    for _ in range(30):
        book.add(0, bodies.Suspend(scope=((0, 0),)))
    assert "and 10 more" in told(audited(book.export()))


def test_text_of_others_does_not_steer_the_terminal():
    """Control characters and those that hide or turn text are written out."""
    book = Book()
    statement(book, bodies.Announce, "announcement")
    verdict = audited(book.export())
    verdict.statements = [replace_opening(verdict, "\x1b[2J\u202egone")]

    assert "\\u{1b}[2J\\u{202e}gone" in told(verdict)
    assert "\x1b" not in told(verdict)


def replace_opening(verdict: Verdict, opening: str):
    return verdict.statements[0]._replace(opening=opening)


@pytest.mark.parametrize(
    ("time_s", "text"),
    [(None, "-"), (0, "1970-01-01 00:00:00Z"), (253_402_300_799, "9999-12-31 23:59:59Z"), (2**40, f"second {2**40}")],
)
def test_times_in_words(time_s, text):
    """Instants are told in UTC; those beyond the calendar in seconds."""
    assert words.when(time_s) == text


def test_two_entries_that_break_alike_are_one_break():
    """A run of entries that break alike is told once, with its count."""
    book = small()
    for _ in range(3):
        message(book, 0)
    entries = [x.data for x in book.chains[0][:3]]
    entries += [x._replace(data=x.core + bytes(64)).data for x in book.chains[0][3:]]
    text = told(audited(book.export(entries=[*entries, *(x.data for x in book.chains[1])])))

    assert "north 0/3 and the 2 after it" in text
