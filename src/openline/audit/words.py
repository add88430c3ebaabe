"""A verdict in words, for the terminal: plain lines, the verdict first (spec 13.7).

Rules of this file:
1. The words are those of the accord and the spec; nothing is said that `Verdict.to_plain` does not hold.
2. Times are what the authors' clocks claimed, in UTC, and are said to be claims.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from openline.audit.verdict import Absence, Break, Chain, Finding, Kind, Statement, Verdict

SHOWN_MAX: Final = 20  # lines of one list on a screen; --json has the rest
WIDTH: Final = 100  # columns; a hash that does not fit stands alone on its row
KIND_WORDS: Final = {
    "ack": "acknowledgement",
    "message": "message",
    "letter": "letter",
    "suspend": "suspend",
    "propose": "propose",
    "accept": "accept",
    "withdraw": "withdraw",
    "receipt": "receipt",
    "announce": "announcement",
    "checkpoint": "checkpoint",
    "prekey": "prekey",
    "key": "key",
    "generation": "generation",
    "amend": "amendment",
    "fault": "fault",
    "document": "document",
    "notice": "notice",
    "call": "call",
    "seal": "seal",
    "presence": "presence",
    "minute": "minute",
    "service": "service",
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_9999_S: Final = 253_402_300_799


def lines(verdict: Verdict) -> Iterator[str]:
    """The whole verdict, a line at a time, fit for a terminal."""
    return map(plain, _lines(verdict))


def _lines(verdict: Verdict) -> Iterator[str]:
    yield from _wrapped(headline(verdict), indent=0)
    yield from _breaks(verdict)
    if verdict.accord_id is None:
        return
    yield ""
    yield from _about(verdict)
    for chain in verdict.chains:
        yield ""
        yield from _chain(verdict, chain)
    yield from _listed("absent", [_absence(verdict, x) for x in verdict.absences.items], verdict.absences.total)
    yield from _listed("findings", [_finding(verdict, x) for x in verdict.findings.items], verdict.findings.total)
    yield from _listed("statements", [_statement(verdict, x) for x in verdict.statements], len(verdict.statements))


def headline(verdict: Verdict) -> str:
    """The verdict in one sentence."""
    if verdict.kind is Kind.VERIFIES:
        return f"VERIFIES: all {verdict.verified:,} entries hold, and so does every link between them."
    if verdict.kind is Kind.INCOMPLETE:
        absent = verdict.absences.total
        return f"INCOMPLETE: what is here holds ({verdict.verified:,} entries), but {absent:,} named are absent."
    found = verdict.first_break
    if found is None or found.place is None:
        return "DOES NOT VERIFY" + ("." if found is None else f": {found.what}.")
    more = f", the first of {verdict.breaks.total:,} places" if verdict.breaks.total > 1 else ""
    return f"DOES NOT VERIFY: it breaks at {verdict.name(found.place)}{more}."


def when(time_s: int | None) -> str:
    """An instant as 2021-07-27 01:00:00Z; far ones in seconds."""
    if time_s is None:
        return "-"
    if time_s > _YEAR_9999_S:
        return f"second {time_s}"
    return (_EPOCH + timedelta(seconds=time_s)).strftime("%Y-%m-%d %H:%M:%SZ")


def _about(verdict: Verdict) -> Iterator[str]:
    side = "?" if verdict.exporter is None else verdict.sides[verdict.exporter]
    yield f"record of    {side}, exported {when(verdict.exported_s)} by its station's clock"
    yield f"accord       {verdict.accord_name}, between {' and '.join(verdict.sides)}"
    groups = verdict.digits.split(" ")
    yield f"digits       {' '.join(groups[:6])}"
    yield f"             {' '.join(groups[6:])}"
    if verdict.anchored is None:
        yield "             not anchored: compare these digits with the printed ones, or give them with --accord"
    elif verdict.anchored:
        yield "             anchored: they are the digits that were given"
    else:
        yield "             NOT the digits that were given"
    yield f"entries      {verdict.entries:,}, of which {verdict.verified:,} verify" + (
        f"; {verdict.strays:,} beside the chains as evidence" if verdict.strays else ""
    )
    if verdict.verified_before_break is not None:
        yield f"             {verdict.verified_before_break:,} of them verify before the first break"
    if verdict.sealed is not None and any(found.code != "anchor" for found in verdict.breaks.items):
        yield "damaged      " + (
            "before the export was signed: the trailer's hash is that of these very bytes"
            if verdict.sealed
            else "after the export was signed: the trailer's hash is of other bytes"
        )


def _chain(verdict: Verdict, chain: Chain) -> Iterator[str]:
    name = f"{verdict.sides[chain.side]} {chain.gen}"
    yield f"{name:<12} {chain.entries:,} entries, generation {chain.gen}, station key {chain.key or 'unknown'}"
    if chain.head_seq is not None:
        head = "unknown" if chain.head_id is None else chain.head_id.hex()
        yield f"             head {chain.gen}/{chain.head_seq}  {head}"
    yield f"             {when(chain.first_s)} to {when(chain.last_s)} by its clock"
    kinds = [f"{KIND_WORDS.get(kind, kind)} {count:,}" for kind, count in chain.kinds.items()]
    kinds += [f"unknown kind {kind}: {count:,}" for kind, count in chain.unknown_kinds.items()]
    yield from _wrapped(" · ".join(kinds))
    if chain.checkpointed:
        last = f"{chain.gen}/{chain.checkpointed - 1}"
        count = f"{chain.checkpoints:,} checkpoint{'s' if chain.checkpoints > 1 else ''}"
        yield f"             {count} verified: post-quantum signatures cover it up to {last}"
    else:
        yield "             no checkpoint: no post-quantum signature covers it"
    if verdict.breaks.total and chain.holds:
        parts = [f"{chain.gen}/{a}" if a == b else f"{chain.gen}/{a} to {chain.gen}/{b}" for a, b in chain.holds]
        yield from _wrapped("holds " + ", ".join(parts[:SHOWN_MAX]))


def _where(verdict: Verdict, found: Break) -> str:
    if found.place is None:
        return found.what
    name = verdict.name(found.place)
    if found.count > 1:
        name += f" and the {found.count - 1:,} after it"
    words = f"{verdict.sides[found.place.side]}'s generation {found.place.gen}, entry {found.place.seq}"
    return f"{name} ({words}): {found.what}"


def _breaks(verdict: Verdict) -> Iterator[str]:
    for found in verdict.breaks.items[:SHOWN_MAX]:
        yield ""
        head, *rest = _wrapped(_where(verdict, found))
        yield f"BREAK        {head.strip()}"
        yield from rest
        if found.offset is not None:
            yield f"             at byte {found.offset:,} of the file"
        if found.key is not None:
            side = verdict.sides[found.key.side]
            yield f"             signed, or to be signed, by {side}'s station, key {found.key.fingerprint}"
        if found.repaired is not None:
            yield f"             its author's next entry names it {found.repaired.hex()}"
    more = verdict.breaks.total - min(len(verdict.breaks.items), SHOWN_MAX)
    if more > 0:
        yield f"             and {more:,} more breaks"


def _absence(verdict: Verdict, absence: Absence) -> str:
    what = verdict.name(absence.place) if absence.place is not None else "the entry"
    identity = "" if absence.id is None else f" {absence.id.hex()[:16]}…"
    return f"{what}{identity}: {verdict.name(absence.named_by)} {absence.why}"


def _finding(verdict: Verdict, finding: Finding) -> str:
    where = "" if finding.place is None else f"{verdict.name(finding.place)}: "
    return where + finding.what.removeprefix(where)


def _statement(verdict: Verdict, statement: Statement) -> str:
    standing = statement.standing
    if statement.accepted_at is not None:
        standing += f", accepted at {verdict.name(statement.accepted_at)}"
    languages = ", ".join(statement.languages)
    return f"{verdict.name(statement.place)}: {statement.kind} ({languages}) {standing}: “{statement.opening}”"


def _listed(title: str, found: list[str], total: int) -> Iterator[str]:
    if not total:
        return
    yield ""
    yield f"{title:<12} {total:,}"
    for line in found[:SHOWN_MAX]:
        yield f"             {line}"
    if total > SHOWN_MAX:
        yield f"             and {total - SHOWN_MAX:,} more"


def plain(text: str) -> str:
    """Text of others, fit for a terminal: characters that would steer it, or hide in it, are written out."""
    return "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text)


def _wrapped(text: str, indent: int = 13) -> Iterator[str]:
    return iter(textwrap.wrap(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent))
