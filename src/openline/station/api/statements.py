"""Announcements and minutes as they are drafted: our two signatures of the note must hold before anything is recorded.

Rules of this file: a statement whose signatures do not hold would stand in the record for ever and could never be
published; it is refused while it is still a draft (spec 3.9).
"""

from __future__ import annotations

from openline.core.ledger import Act
from openline.keys import notes
from openline.keys.public import BadSignature
from openline.station.context import Context
from openline.wire.bodies import Announce, Minute
from openline.wire.errors import Malformed, Refused
from openline.wire.said import say
from openline.wire.terms import Texts


def check(ctx: Context, texts: Texts, ed25519: bytes, mldsa44: bytes, *, minute: bool) -> None:
    """Whether these are our announcement keys' signatures of the statement.

    Raises:
        Refused: they are not, or the texts make no statement.
    """
    kind = "minute" if minute else "announcement"
    try:
        text = notes.statement_text(ctx.accord, ctx.accord_id, texts, kind)
        notes.check_statement(text, ctx.accord.sides[ctx.us], ed25519, mldsa44)
    except BadSignature:
        raise Refused(
            say("our side's two signatures of this minute are missing or do not hold")
            if minute
            else say("our side's two signatures of this announcement are missing or do not hold"),
            next_step=say("Sign it with our side's announcement keys: --announce-key FILE."),
        ) from None
    except Malformed as error:
        raise Refused(
            say("this cannot be announced: {why}", why=error.what), next_step=say("Correct the text.")
        ) from None


def check_accept(ctx: Context, offer: Act | None, ed25519: bytes, mldsa44: bytes) -> None:
    """The same for an acceptance; one of a proposal or amendment carries no such signatures.

    Raises:
        Refused: they do not hold, or have nothing to sign.
    """
    body = None if offer is None else offer.body
    if isinstance(body, Announce | Minute):
        check(ctx, body.texts, ed25519, mldsa44, minute=isinstance(body, Minute))
    elif ed25519 or mldsa44:
        raise Refused(say("only announcements and minutes are accepted with announcement keys"))
