"""Vectors of chains (3.2, 3.7, 6): entries that come one after another, and the first that is not taken in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from openline.cli.vectors_plain import facts_of
from openline.keys.secret import SigningKey, XwingKey
from openline.wire import bodies, limits
from openline.wire.terms import Head, Outcome, Phase
from spec.vectors.making.accords import ACCORD
from spec.vectors.making.book import Book
from spec.vectors.making.cast import station_keys
from spec.vectors.making.vector import Vector
from tests import ed25519_cases

NEW_KEY = SigningKey.from_seed(bytes([7]) * 32)
Next = Callable[[Book], bytes]


def vectors() -> Iterator[Vector]:
    yield from _accepted()
    for name, (spec, what, reject_as, make) in REJECTED.items():
        book = talked()
        last = make(book)
        given = {"accord": ACCORD, "entries": [*book.data(), last]}
        yield Vector(
            name=f"chain-{name}",
            spec=spec,
            what=what,
            kind="chain",
            reject_as=reject_as,
            input=given,
            expected={"at": len(book.order)},
        )


def talked() -> Book:
    """Each side wrote and acknowledged: side 0 is due with its third entry, and has acknowledged side 1's second."""
    book = Book()
    for side in (0, 1, 1, 0):
        book.message(side)
    return book


def cut_off() -> Book:
    """Side 0 lost its last entry with its site, and went on in generation 1 from the one before."""
    book = talked()
    book.generation(0, book.chains[0][0])
    return book


def begun(gen: int) -> Book:
    """Side 0 lost its first site before it wrote anything, and begins with a generation."""
    book, keys = Book(), station_keys(b"generation")
    book.message(1)
    book.add(0, book.generation_body(0, gen, None, keys), signer=keys.station, gen=gen, seq=0, prev=book.id)
    book.signers[0] = keys.station
    book.message(0)
    return book


# --- what is taken in ---


def _accepted() -> Iterator[Vector]:
    yield taken_in("both-sides", "3.2, 6", "Two chains that acknowledge each other.", talked())
    book = talked()
    book.rotate(0, NEW_KEY)
    book.message(0)
    yield taken_in("new-station-key", "3.7", "A new station key, and the first entry that it signs.", book)
    book = cut_off()
    book.message(0)
    yield taken_in("new-generation", "3.7", "A generation that goes on from an earlier entry under new keys.", book)
    for gen in (0, 3, limits.GENERATION_MAX):
        what = f"A chain that begins with generation {gen}: its first site was lost before it wrote anything."
        yield taken_in(f"begins-with-generation-{gen}", "3.7, 6", what, begun(gen))
    yield taken_in("answered-call", "3.4, 5.6", "A call with both words, and the two seals that close it.", called())
    repeated = talked()
    again = [*repeated.data(), repeated.order[1].data]
    yield taken_in(
        "same-entry-again", "6", "An entry that is held already changes nothing.", repeated, again, repeated=[4]
    )
    book = Book()
    for side in (0, 1):
        book.message(side)
    book.add(0, bodies.Ack(), ack=Head(0, 0, bytes(32)))
    what = "An entry that acknowledges what the other side never made is taken in, and its claim noted."
    yield taken_in("acknowledges-what-was-never-made", "6", what, book, strange=[2])
    book = talked()
    book.add(0, bodies.Unknown(99, {0: "later"}))
    yield taken_in("unknown-kind", "3.4, 6", "An entry of a kind that nobody knows yet is a link like any other.", book)


def called() -> Book:
    book = talked()
    call = bodies.Call(call_id=bytes(8), started_s=book.now_s, outcome=Outcome.ANSWERED, due_s=book.now_s)
    book.add(1, replace(call, rang=book.word(1, call, Phase.RANG), final=book.word(1, call, Phase.ANSWERED)))
    first = book.add(1, bodies.Seal(call_id=bytes(8), due_s=call.due_s))
    book.add(0, bodies.Seal(call_id=bytes(8), due_s=call.due_s, closes=first.id))
    return book


def taken_in(
    name: str, spec: str, what: str, book: Book, entries: list[bytes] | None = None, **more: list[int]
) -> Vector:
    heads = [facts_of(book.head(side)) for side in (0, 1)]
    expected: dict[str, Any] = {"heads": heads, "repeated": [], "strange": [], **more}
    given = {"accord": ACCORD, "entries": entries or book.data()}
    return Vector(name=f"chain-{name}", spec=spec, what=what, kind="chain", input=given, expected=expected)


# --- what is not: each makes the entry that comes last ---


def _second_of_a_place(book: Book) -> bytes:
    last = book.chains[0][1]
    return book.next(0, bodies.Message(number=2, text="another"), gen=0, seq=1, prev=last.prev, ack=last.ack)


def _old_key(book: Book) -> bytes:
    old = book.signers[0]
    book.rotate(0, NEW_KEY)
    return book.next(0, bodies.Ack(), signer=old)


def _hostile_key(book: Book) -> bytes:
    case = next(iter(ed25519_cases.cases()))
    return book.next(0, bodies.Key(station=case.key, possession=case.signature))


def _possession_of_another(book: Book) -> bytes:
    other = book.key_body(SigningKey.from_seed(bytes([8]) * 32))
    return book.next(0, replace(other, station=NEW_KEY.public))


def _generation(book: Book, *, gen: int = 1, seq: int = 0, prev: bytes | None = None, **change: Any) -> bytes:
    """A generation behind side 0's last entry; `change` is made to its body after the root signed it."""
    keys, last = station_keys(b"generation"), book.chains[0][-1]
    body = replace(book.generation_body(0, gen, last.head, keys), **change)
    return book.next(0, body, signer=keys.station, gen=gen, seq=seq, prev=last.id if prev is None else prev)


def _altered(name: str) -> Next:
    """A generation with one bit of one of its signatures changed."""

    def make(book: Book) -> bytes:
        body = book.generation_body(0, 1, book.chains[0][-1].head, station_keys(b"generation"))
        value = getattr(body, name)
        return _generation(book, **{name: value[:-1] + bytes([value[-1] ^ 1])})

    return make


def _from(last: Callable[[Book], Head]) -> Next:
    """A generation that goes on from a given entry, signed by the root as it stands."""

    def make(book: Book) -> bytes:
        keys = station_keys(b"generation")
        body = book.generation_body(0, 1, last(book), keys)
        return book.next(0, body, signer=keys.station, gen=1, seq=0, prev=last(book).id)

    return make


def low_prekey_body(book: Book) -> bodies.Generation:
    """A generation that the root signed, whose prekey's X25519 half is of small order."""
    keys = station_keys(b"generation")
    xwing = XwingKey.from_seed(bytes([13]) * 32)
    xwing.public = xwing.public[:-32] + bytes(32)
    keys.add_prekey(xwing)
    return book.generation_body(0, 1, book.chains[0][-1].head, keys)


def _low_prekey(book: Book) -> bytes:
    signer = station_keys(b"generation").station
    return book.next(0, low_prekey_body(book), signer=signer, gen=1, seq=0, prev=book.chains[0][-1].id)


def _of_gen_0(book: Book) -> bytes:
    """After generation 1 began, one more of generation 0, signed by its key."""
    old = book.signers[0]
    head = book.chains[0][-1]
    book.generation(0, head)
    return book.next(0, bodies.Ack(), signer=old, gen=0, seq=head.seq + 1, prev=head.id)


def _second_generation(book: Book) -> bytes:
    """A second generation 1, which the root signed too."""
    first = book.chains[0][-1]
    book.generation(0, first)
    keys = station_keys(b"another")
    body = book.generation_body(0, 1, first.head, keys)
    return book.next(0, body, signer=keys.station, gen=1, seq=0, prev=first.id)


def _unsigned_second(book: Book) -> bytes:
    data = _second_of_a_place(book)
    return data[:-1] + bytes([data[-1] ^ 1])


def _generation_takes_back(book: Book) -> bytes:
    """A generation behind side 0's first entry, which acknowledges less than the second, that it cuts off, did."""
    keys, last = station_keys(b"generation"), book.chains[0][0]
    body = book.generation_body(0, 1, last.head, keys)
    return book.next(0, body, signer=keys.station, gen=1, seq=0, prev=last.id, ack=book.chains[1][0].head)


BROKEN, BAD = "broken-rule", "bad-signature"
REJECTED: dict[str, tuple[str, str, str, Next]] = {
    "gap": ("6", "An entry is missing before it.", "gap", lambda b: b.next(0, bodies.Ack(), seq=3)),
    "second-entry-at-a-place": ("3.10, 6", "A second entry at a place that is taken.", "fork", _second_of_a_place),
    "second-generation-at-a-place": ("3.7, 6", "The root signed a second generation 1.", "fork", _second_generation),
    "unsigned-entry-at-a-place-taken": ("6", "Another, unsigned, at a place that is taken.", BAD, _unsigned_second),
    "generation-beyond-the-last": (
        "3.7",
        "The root begins a generation above the highest that may be.",
        BROKEN,
        lambda b: _generation(b, gen=limits.GENERATION_MAX + 1),
    ),
    "seal-of-another-head": (
        "6",
        "A seal writes out the acknowledgement in force with another id.",
        BROKEN,
        lambda b: b.next(0, bodies.Seal(call_id=bytes(8)), ack=Head(0, 1, bytes(32))),
    ),
    "generation-takes-an-ack-back": (
        "3.7, 6",
        "A generation acknowledges less than an entry that it cuts off.",
        BROKEN,
        _generation_takes_back,
    ),
    "prev-is-not-the-last": (
        "6",
        "It names an earlier entry than the last as its predecessor.",
        BROKEN,
        lambda b: b.next(0, bodies.Ack(), prev=b.chains[0][0].id),
    ),
    "prev-is-the-other-sides": (
        "6",
        "It names the other side's last entry as its predecessor.",
        BROKEN,
        lambda b: b.next(0, bodies.Ack(), prev=b.chains[1][-1].id),
    ),
    "signed-by-the-other-station": (
        "3.2, 6",
        "The other side's station signed it.",
        BAD,
        lambda b: b.next(0, bodies.Ack(), signer=b.signers[1]),
    ),
    "signed-by-the-old-key": ("3.7", "The old station key signed an entry after it named a new one.", BAD, _old_key),
    "signed-by-the-new-key-at-once": (
        "3.7",
        "The entry that names a new station key is signed by that key.",
        BAD,
        lambda b: b.next(0, b.key_body(NEW_KEY), signer=NEW_KEY),
    ),
    "new-key-of-small-order": ("3.5, 3.7", "A new station key of small order, with its proof.", BAD, _hostile_key),
    "new-key-without-its-proof": ("3.5, 3.7", "A new station key with another's proof.", BAD, _possession_of_another),
    "ack-taken-back": (
        "6",
        "It acknowledges an earlier entry than the author did before.",
        BROKEN,
        lambda b: b.next(0, bodies.Ack(), ack=b.chains[1][0].head),
    ),
    "ack-written-out-unchanged": (
        "3.2, 6",
        "It writes out an acknowledgement that did not change.",
        BROKEN,
        lambda b: b.next(0, bodies.Ack(), ack=b.chains[1][-1].head),
    ),
    "seal-without-the-other-head": (
        "3.4, 6",
        "A seal does not write out the other side's head.",
        BROKEN,
        lambda b: b.next(0, bodies.Seal(call_id=bytes(8)), ack=None),
    ),
    "generation-below-the-one-before": ("3.7", "Generation 3 behind generation 5.", BROKEN, lambda b: _lower(b)),
    "generation-at-seq-1": ("3.7", "A generation that does not begin at 0.", BROKEN, lambda b: _generation(b, seq=1)),
    "generation-from-what-is-not-held": (
        "3.7, 6",
        "A generation that goes on from an entry not held.",
        "gap",
        _from(lambda b: Head(0, 9, bytes(32))),
    ),
    "generation-from-another-entry": (
        "3.7, 6",
        "A generation that goes on from another entry than the one held at that place.",
        BROKEN,
        _from(lambda b: Head(0, 1, bytes(32))),
    ),
    "generation-prev-is-not-last": (
        "3.7",
        "A generation whose predecessor is not the entry it goes on from.",
        BROKEN,
        lambda b: _generation(b, prev=b.chains[0][0].id),
    ),
    "generation-root-ed25519-altered": (
        "3.7",
        "Its root's Ed25519 signature was changed.",
        BAD,
        _altered("root_ed25519"),
    ),
    "generation-root-mldsa87-altered": (
        "3.7",
        "Its root's ML-DSA-87 signature was changed.",
        BAD,
        _altered("root_mldsa87"),
    ),
    "generation-possession-altered": ("3.7", "Its station key's proof was changed.", BAD, _altered("possession")),
    "generation-prekey-of-small-order": ("3.5, 3.7", "Nothing can be sealed to its prekey.", "malformed", _low_prekey),
    "generation-signed-by-the-old-key": (
        "3.7",
        "The old station key signed the generation that names a new one.",
        BAD,
        lambda b: _signed_by_old(b),
    ),
    "entry-of-the-generation-before": (
        "3.7, 6",
        "An entry of generation 0 after generation 1 began.",
        BROKEN,
        _of_gen_0,
    ),
}


def _lower(book: Book) -> bytes:
    """Generation 3 behind generation 5."""
    keys, last = station_keys(b"generation"), book.chains[0][-1]
    book.add(0, book.generation_body(0, 5, last.head, keys), signer=keys.station, gen=5, seq=0, prev=last.id)
    return _generation(book, gen=3)


def _signed_by_old(book: Book) -> bytes:
    last = book.chains[0][-1]
    body = book.generation_body(0, 1, last.head, station_keys(b"generation"))
    return book.next(0, body, gen=1, seq=0, prev=last.id)
