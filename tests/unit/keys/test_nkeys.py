"""Keys and credentials of NATS users, in the text form of its tools (spec 5.4.1)."""

from __future__ import annotations

import base64

import pytest

from openline.keys.nkeys import read_credentials, read_seed
from openline.keys.public import verify
from openline.wire.errors import Misuse

# The pair that the documentation of NATS shows, known to everybody.
SEED = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
PUBLIC = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
FILE = f"""-----BEGIN NATS USER JWT-----
eyJ0eXAiOiJqd3QifQ.e30.c2ln
------END NATS USER JWT------

************************* IMPORTANT *************************
-----BEGIN USER NKEY SEED-----
{SEED}
------END USER NKEY SEED------
"""


def test_a_seed_gives_the_name_that_the_servers_tools_give():
    """The public name of the pair in the documentation, and a signature that its key verifies."""
    nkey = read_seed(SEED + "\n")

    assert nkey.public == PUBLIC
    verify(base64.b32decode(PUBLIC)[1:33], b"nonce", nkey.sign(b"nonce"))
    assert SEED not in repr(nkey)


def test_credentials_hold_a_jwt_and_a_key():
    """A file as `nsc` writes it; nothing of it is shown."""
    held = read_credentials(FILE)

    assert (held.jwt, held.nkey.public) == ("eyJ0eXAiOiJqd3QifQ.e30.c2ln", PUBLIC)
    assert held.jwt not in repr(held)


@pytest.mark.parametrize("text", ["", "SU", SEED[:-1] + "A", PUBLIC, "é" * 58, SEED.lower()])
def test_what_is_no_seed_is_refused_without_being_shown(text):
    """Mistyped, a public name, or nothing: the message says so and not what was typed."""
    with pytest.raises(Misuse) as error:
        read_seed(text)

    assert not text or text not in error.value.what


@pytest.mark.parametrize("gone", ["BEGIN NATS USER JWT", "BEGIN USER NKEY SEED"])
def test_credentials_that_lack_a_half_are_refused(gone):
    """Both halves are needed."""
    with pytest.raises(Misuse):
        read_credentials(FILE.replace(gone, "BEGIN"))
