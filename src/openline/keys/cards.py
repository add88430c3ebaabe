"""What the two sides hand each other at the table, each file saying of itself what it is (spec 3.5, "Files at the
table"): a side's card, its half of the pre-shared secret, its signatures.

Rules of this file: one value, one encoding; a card is public, a half is secret and stays at the table; a file is told
by its content, never by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

from openline.keys.secret import PSK_BYTES
from openline.wire import cbor, limits
from openline.wire.accord import NAME, Line, Post, Side, Signatures, nested
from openline.wire.codecs import Codec, many, octets, row, uint
from openline.wire.errors import Malformed, Misuse

FORMAT: Final = 1
ALL_LINES: Final = "*"


class PostPlan(NamedTuple):
    """A post as its side means it: the lines it answers, by id; `*` for all."""

    name: str
    lines: tuple[str, ...]


class Card(NamedTuple):
    """All that the accord says of a side, but for the numbers of its posts' lines, which the terms give."""

    side: Side
    posts: tuple[PostPlan, ...]


class Half(NamedTuple):
    """A side's 32 random bytes of the pre-shared secret."""

    side: str
    secret: bytes


class Sheet(NamedTuple):
    """One side's signatures under the accord with this id."""

    accord_id: bytes
    side: int
    signatures: Signatures


Handed: TypeAlias = Card | Half | Sheet
_POST: Final = row(PostPlan, NAME, many(NAME, limits.LINES_MAX, least=1))
_CODECS: Final[dict[str, tuple[type[Handed], Codec]]] = {
    "card": (Card, row(Card, nested(Side), many(_POST, 64))),
    "half": (Half, row(Half, NAME, octets(PSK_BYTES))),
    "signatures": (Sheet, row(Sheet, octets(32), uint(1), nested(Signatures))),
}


def encode(handed: Handed) -> bytes:
    """The file of a card, half or sheet of signatures."""
    what, codec = next((what, codec) for what, (of, codec) in _CODECS.items() if type(handed) is of)
    return cbor.encode([FORMAT, what, codec.plain(handed)])


def decode(data: bytes) -> Handed:
    """Read what `encode` gave.

    Raises:
        Malformed: none of the three.
    """
    plain = cbor.decode(data)
    if type(plain) is not list or len(plain) != 3 or plain[0] != FORMAT or plain[1] not in _CODECS:
        raise Malformed("neither a card, a half of the secret nor signatures")
    what = str(plain[1])
    try:
        read: Handed = _CODECS[what][1].read(plain[2])
    except Malformed as error:
        raise Malformed(f"{what}: {error.what}") from None
    if isinstance(read, Card) and read.side.posts:
        raise Malformed("card: its side has numbered posts")
    return read


def seated(card: Card, lines: Sequence[Line]) -> Side:
    """The side as the accord has it: its posts answer lines by number.

    Raises:
        Misuse: a post answers a line that the terms lack.
    """
    numbers = {line.id: number for number, line in enumerate(lines)}
    posts = []
    for post in card.posts:
        lost = [x for x in post.lines if x not in numbers and x != ALL_LINES]
        if lost:
            raise Misuse(
                f"post {post.name} of {card.side.name} answers line {lost[0]}, which the terms lack",
                next_step=f"Lines of the terms: {', '.join(numbers)}. Make the card anew, or change the terms.",
            )
        named = numbers.values() if ALL_LINES in post.lines else {numbers[x] for x in post.lines}
        posts.append(Post(name=post.name, lines=tuple(sorted(named))))
    return replace(card.side, posts=tuple(posts))
