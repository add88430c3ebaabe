"""Names of mailboxes: derived as the spec says, and telling nothing (spec 5.4.2)."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from openline.carriers.mailbox import names
from openline.keys.mailboxes import mailbox

PSK, ACCORD = bytes(range(32)), bytes(range(32, 64))


def test_a_name_is_hkdf_of_the_secret_as_another_library_computes_it():
    """Any HKDF-SHA256 gives the same name."""
    for receiver in (0, 1):
        info = b"openline/mailbox/1\0" + bytes([receiver]) + "중계".encode()
        independent = HKDF(SHA256(), 16, salt=ACCORD, info=info).derive(PSK)

        assert mailbox(PSK, ACCORD, "중계", receiver) == independent.hex()


def test_every_side_accord_relay_and_secret_has_its_own_name():
    """Nothing of two names shows that they belong together, and each is a name that the wire takes."""
    found = {
        mailbox(psk, accord, carrier, receiver)
        for psk in (PSK, bytes(32))
        for accord in (ACCORD, bytes(32))
        for carrier in ("relay", "relay-2")
        for receiver in (0, 1)
    }

    assert len(found) == 16
    assert {names(x).stream for x in found} == {f"OPENLINE_{x}" for x in found}
