"""The audit of acts that have no effect: what was signed without the right to it is told, and breaks nothing."""

from __future__ import annotations

from dataclasses import replace

from openline.audit.verdict import Kind
from openline.wire import bodies
from openline.wire.terms import Level, Phase
from tests.unit.audit.build import (
    Book,
    audited,
    call,
    finding_codes,
    letter,
    small,
    statement,
)

# --- acts without effect ---


def test_approvals_that_do_not_hold():
    """None, too few, one officer twice, another's signature, a stranger, a counter used before: told, and no break."""
    suspend = bodies.Suspend(scope=((0, 0),))
    book = Book()
    book.add(0, suspend)
    book.add(0, book.approved(0, suspend, [0]))
    book.add(0, book.approved(0, suspend, [1, 1]))
    used = book.approved(0, suspend)
    book.add(0, used)
    book.add(0, used)
    given = book.approved(0, suspend).approvals
    book.add(0, replace(suspend, approvals=(given[0], given[1]._replace(signature=bytes(64)))))
    book.add(0, replace(suspend, approvals=(given[0], given[1]._replace(officer=9))))
    book.add(0, book.approved(0, suspend))
    verdict = audited(book.export())

    assert verdict.kind is Kind.VERIFIES
    assert [x.place.seq for x in verdict.findings.items] == [0, 1, 2, 4, 5, 6]
    assert set(finding_codes(verdict)) == {"approval"}


def test_who_needs_no_approval():
    """Messages outside the two-person rule, receipts shown, and the station's own timed withdrawal need none."""
    book = small()
    book.add(0, bodies.Receipt(seq=0))
    proposal = bodies.Amend(line=0, effective_s=0, pulse_s=60)
    target = book.add(1, book.approved(1, proposal, [0]))
    book.add(1, bodies.Withdraw(target=target.id))
    book.add(0, bodies.Receipt(seq=0, level=Level.ACKNOWLEDGED))
    verdict = audited(book.export())

    assert [x.what for x in verdict.findings.items] == ["receipt without effect: no officer approved it"]


def test_call_words_that_the_called_station_did_not_sign():
    """A word by another key, or one that says another phase, is told; a word under a later key of the side holds."""
    book = small()
    made = bodies.Call(call_id=bytes(8), started_s=1)
    word = book.word(0, made, Phase.RANG)
    book.add(0, replace(made, rang=word._replace(signature=bytes(64))))
    book.add(0, replace(made, rang=book.word(0, made, Phase.ANSWERED)))
    book.add(0, replace(made, rang=word, final=word))
    assert finding_codes(audited(book.export())) == ["call"] * 3
    later = small()
    later.rotate(1)
    call(later, 0)
    assert finding_codes(audited(later.export())) == []


def test_letters_that_nobody_can_open():
    """What is no age file, is for other keys than X-Wing, or for nobody the accord names, is told."""
    book = Book()
    for body in (
        bodies.Letter(age=b"dear president"),
        bodies.Letter(age=letter().replace(b"mlkem768x25519", b"X25519", 1)),
        bodies.Letter(to=3, age=letter()),
        bodies.Letter(age=letter()),
    ):
        book.add(0, body)
    verdict = audited(book.export())

    assert [(x.code, x.place.seq) for x in verdict.findings.items] == [("letter", 0), ("letter", 1), ("letter", 2)]


def test_statements_verify_by_both_sides_signatures():
    """Waiting until the other side's two signatures are there; void if the author's own do not hold."""
    book = Book()
    made = statement(book, bodies.Announce, "announcement")
    accept = book.chains[1].pop()
    assert audited(book.export()).statements[0].standing == "waiting"
    book.chains[1].append(accept)
    found = audited(book.export()).statements[0]
    assert (found.standing, found.accepted_at, found.id) == ("verifies", accept.place, made.id)
    assert (found.kind, found.languages, found.opening) == ("announcement", ("en", "ko"), "All lines are open.")
    book.add(0, book.approved(0, replace(made.body, approvals=(), ed25519=bytes(64)), [0]))
    book.add(1, book.approved(1, replace(accept.body, approvals=(), mldsa44=bytes(2420))))
    book.add(0, book.approved(0, replace(made.body, approvals=(), texts=(("not a language!", "x"),)), [0]))
    verdict = audited(book.export())
    assert [x.standing for x in verdict.statements] == ["verifies", "void", "void"]
    assert finding_codes(verdict) == ["statement"] * 3


def test_an_acceptance_of_a_statement_without_both_signatures():
    """It is a finding, and the statement goes on waiting: nobody takes it for signed by both."""
    for left_out in ("ed25519", "mldsa44"):
        book = Book()
        statement(book, bodies.Announce, "announcement")
        accept = book.chains[1].pop()
        book.add(1, book.approved(1, replace(accept.body, approvals=(), **{left_out: None})))
        verdict = audited(book.export())
        assert (finding_codes(verdict), verdict.statements[0].standing) == (["statement"], "waiting")


def test_a_seal_that_closes_another_call():
    """The second seal names the caller's first seal of the same call, not something else."""
    book = small()
    call(book, 0)
    first = book.chains[0][-1]
    for body in (
        bodies.Seal(call_id=bytes(8), closes=first.id),
        bodies.Seal(call_id=first.body.call_id, closes=book.chains[0][0].id),
        bodies.Seal(call_id=first.body.call_id, closes=book.chains[1][-1].id),
    ):
        book.add(1, body)
    assert finding_codes(audited(book.export())) == ["seal"] * 3


def test_lines_that_the_accord_does_not_have():
    """An entry on an unknown line is kept and told."""
    book = Book()
    book.add(0, bodies.Service(line=9, text="where am I"))
    book.add(0, book.approved(0, bodies.Suspend(scope=((0, 0), (40, 1)))))
    assert finding_codes(audited(book.export())) == ["line"] * 2
