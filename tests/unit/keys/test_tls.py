"""Certificates of the live carrier: who is let in by the accord's root keys, and who is not (spec 5.9)."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from openline.carriers.live_tls import client_context, server_context
from openline.keys import public, tls
from openline.keys.entropy import SeededEntropy
from openline.keys.secret import RootKeys, SigningKey
from openline.wire.errors import Misuse
from tests.accord_maker import made

NORTH, SOUTH, STRANGER = (RootKeys.generate(SeededEntropy(name)) for name in (b"north", b"south", b"stranger"))
ENTROPY = SeededEntropy(b"tls")


def root(root_keys: RootKeys) -> bytes:
    return root_keys.ed25519.public


def file(at: Path, pem: bytes) -> Path:
    found = at / f"{len(list(at.iterdir()))}.tls"
    found.write_bytes(pem)
    return found


def finished(end: ssl.SSLObject) -> bool:
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Both ends of a connection in memory, after both finished and heard a byte of each other."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    a = server.wrap_bio(to_server, to_client, server_side=True)
    b = client.wrap_bio(to_client, to_server)
    waiting = [a, b]
    for _ in range(10):
        waiting = [end for end in waiting if not finished(end)]
    assert not waiting
    a.write(b"s")
    b.write(b"c")
    assert (a.read(1), b.read(1)) == (b"c", b"s")
    return a, b


def pair(at: Path, ours: bytes, theirs: bytes) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """North listens with `ours` and pins the south's root; `theirs` calls, and pins the north's."""
    server = server_context(file(at, ours), tls.anchor(root(SOUTH)))
    return handshake(server, client_context(file(at, theirs), tls.anchor(root(NORTH))))


@pytest.mark.parametrize(("listens", "calls"), [(NORTH, SOUTH), (SOUTH, NORTH)])
def test_the_two_stations_of_an_accord_reach_each_other(tmp_path, listens, calls):
    """Each pins the other's root and shows a certificate of its own: TLS 1.3, both certificates seen."""
    server = server_context(file(tmp_path, tls.issue(listens, ENTROPY)), tls.anchor(root(calls)))
    client = client_context(file(tmp_path, tls.issue(calls, ENTROPY)), tls.anchor(root(listens)))
    a, b = handshake(server, client)

    assert a.version() == b.version() == "TLSv1.3"
    assert a.getpeercert(binary_form=True)
    assert b.getpeercert(binary_form=True)


def test_a_new_certificate_needs_no_exchange(tmp_path):
    """After a destroyed site the root issues another one; the other side, told nothing, lets it in."""
    server = server_context(file(tmp_path, tls.issue(NORTH, ENTROPY)), tls.anchor(root(SOUTH)))
    for _ in range(2):
        handshake(server, client_context(file(tmp_path, tls.issue(SOUTH, ENTROPY)), tls.anchor(root(NORTH))))


def test_a_strangers_root_is_refused_by_the_server(tmp_path):
    """Who calls with a certificate of the right names under another root is not let in."""
    with pytest.raises(ssl.SSLCertVerificationError):
        pair(tmp_path, tls.issue(NORTH, ENTROPY), tls.issue(STRANGER, ENTROPY))


def test_a_strangers_root_is_refused_by_the_client(tmp_path):
    """Who answers in the other side's place with a certificate under another root is not talked to."""
    with pytest.raises(ssl.SSLCertVerificationError):
        pair(tmp_path, tls.issue(STRANGER, ENTROPY), tls.issue(SOUTH, ENTROPY))


def test_our_own_certificate_is_refused_when_it_comes_back(tmp_path):
    """A connection led back to its own station is not the other side."""
    with pytest.raises(ssl.SSLCertVerificationError):
        pair(tmp_path, tls.issue(NORTH, ENTROPY), tls.issue(NORTH, ENTROPY))


def test_who_shows_no_certificate_is_refused(tmp_path):
    """The server asks for a certificate and takes nobody without one."""
    server = server_context(file(tmp_path, tls.issue(NORTH, ENTROPY)), tls.anchor(root(SOUTH)))
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.load_verify_locations(cadata=tls.anchor(root(NORTH)))
    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN_A_CERTIFICATE"):
        handshake(server, client)


def test_older_tls_is_refused(tmp_path):
    """TLS 1.2 would show the certificate to whoever listens in."""
    server = server_context(file(tmp_path, tls.issue(NORTH, ENTROPY)), tls.anchor(root(SOUTH)))
    client = client_context(file(tmp_path, tls.issue(SOUTH, ENTROPY)), tls.anchor(root(NORTH)))
    client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        handshake(server, client)


@pytest.mark.parametrize("by", ["anchor", "station"])
def test_a_certificate_signed_by_what_is_no_root_is_refused(tmp_path, by, monkeypatch):
    """Neither the key that signs an anchor, which anyone can make, nor a station's TLS key makes certificates."""
    if by == "anchor":
        seed = hashlib.sha256(b"openline/tls-anchor/1\0" + root(SOUTH)).digest()
        above = b""
    else:
        above = tls.issue(SOUTH, ENTROPY)
        key = load_pem_private_key(above, None)
        assert isinstance(key, Ed25519PrivateKey)
        seed = key.private_bytes_raw()
    forger = RootKeys(ed25519=SigningKey(seed), mldsa87=SOUTH.mldsa87)
    ours = tls.issue(NORTH, ENTROPY)
    if by == "station":
        monkeypatch.setattr(tls, "ROOT_NAME", tls.STATION_NAME)  # the forger's certificate names its own as issuer
    forged = tls.issue(forger, ENTROPY) + above
    monkeypatch.undo()
    with pytest.raises(ssl.SSLCertVerificationError):
        pair(tmp_path, ours, forged)


def test_a_certificate_names_nobody_and_does_not_run_out():
    """Whoever sees it learns that it is Openline's, and no side's, host's or person's name."""
    pem = tls.issue(NORTH, ENTROPY)
    for one in (x509.load_pem_x509_certificate(pem), x509.load_der_x509_certificate(tls.anchor(root(NORTH)))):
        names = [x.value for name in (one.subject, one.issuer) for x in name]
        assert set(names) <= {"openline root", "openline station"}
        assert one.not_valid_before_utc.year == 1970
        assert one.not_valid_after_utc.year == 9999
        with pytest.raises(x509.ExtensionNotFound):
            one.extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_an_anchor_is_the_same_at_every_start():
    """It follows from the root key alone, so nothing of it is kept or exchanged."""
    assert tls.anchor(root(NORTH)) == tls.anchor(root(NORTH)) != tls.anchor(root(SOUTH))


def test_what_a_root_signs_for_tls_is_nothing_else_that_it_signs():
    """A certificate to be signed begins with 0x30, every other message of a root with "openline/" (spec 3.5)."""
    signed = x509.load_pem_x509_certificate(tls.issue(NORTH, ENTROPY)).tbs_certificate_bytes
    accord_id = made().id

    assert signed[0] == 0x30
    assert public.accord_message(accord_id, 0).startswith(b"openline/")
    assert public.reentry_message(accord_id, 0, b"", b"", b"").startswith(b"openline/")


def test_a_tls_file_is_held_against_its_root():
    """Before a start: no PEM, another root's certificate, and a certificate of another key are told as such."""
    good, other = tls.issue(NORTH, ENTROPY), tls.issue(NORTH, ENTROPY)
    tls.check(good, root(NORTH))

    for wrong, what in (
        (b"nothing", "not a TLS key"),
        (tls.issue(STRANGER, ENTROPY), "not of the root"),
        (good[: good.index(b"-----BEGIN CERT")] + other[other.index(b"-----BEGIN CERT") :], "another key"),
    ):
        with pytest.raises(Misuse, match=what):
            tls.check(wrong, root(NORTH))


def test_a_context_is_not_made_of_a_wrong_file(tmp_path):
    """A missing or wrong TLS file is our own user's to mend."""
    with pytest.raises(Misuse, match="cannot be read"):
        server_context(tmp_path / "none", tls.anchor(root(SOUTH)))
    with pytest.raises(Misuse, match="not a TLS key"):
        client_context(file(tmp_path, b"nothing"), tls.anchor(root(SOUTH)))
