"""Certificates of the live carrier: a side's root issues them, the accord pins them (spec 5.9).

Rules of this file: a certificate says nothing of whose it is, to whoever watches a connection begin; it does not run
out, because a clock that was set wrong must not silence a line; what is refused is the user's file, so `Misuse`.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from openline.keys.secret import SEED_BYTES, RootKeys
from openline.ports import Entropy
from openline.wire.errors import Misuse

ROOT_NAME: Final = "openline root"
STATION_NAME: Final = "openline station"
_FROM: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNTIL: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280 4.1.2.5: no date of expiry
_SERIAL_BYTES: Final = 16


def issue(root: RootKeys, entropy: Entropy) -> bytes:
    """A new TLS key and the certificate that `root` signs for it, as PEM: the file that `station.tls` names."""
    key = Ed25519PrivateKey.from_private_bytes(entropy.bytes(SEED_BYTES))
    issuer = Ed25519PrivateKey.from_private_bytes(root.ed25519.seed)
    certificate = (
        _builder(STATION_NAME, key.public_key(), entropy.bytes(_SERIAL_BYTES))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False)
        .sign(issuer, None)
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


def anchor(root_ed25519: bytes) -> bytes:
    """The trust anchor (DER) under which certificates of this root verify. A verifier takes name and key of an anchor
    and never its signature, which the root is not here to give: a key made for this one signature gives it."""
    root = Ed25519PublicKey.from_public_bytes(root_ed25519)
    seed = hashlib.sha256(b"openline/tls-anchor/1\0" + root_ed25519).digest()
    made = (
        _builder(ROOT_NAME, root, seed[:_SERIAL_BYTES])
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root), critical=False)
        .sign(Ed25519PrivateKey.from_private_bytes(seed), None)
    )
    return made.public_bytes(Encoding.DER)


def digest(pem: bytes) -> str:
    """The SHA-256, in hex, by which the certificate of a TLS file is named where it is to be taken no more.

    Raises:
        ValueError: there is none in it.
    """
    return hashlib.sha256(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)).hexdigest()


def check(pem: bytes, root_ed25519: bytes) -> None:
    """Hold a TLS file against the root that the accord names for its side.

    Raises:
        Misuse: no key and certificate of one another, or another root's.
    """
    step = "Make a new one with the root's key file: openline init tls."
    try:
        key = load_pem_private_key(pem, None)
        certificate = x509.load_pem_x509_certificate(pem)
    except (ValueError, TypeError):
        raise Misuse("not a TLS key and certificate in PEM", next_step=step) from None
    if key.public_key() != certificate.public_key():
        raise Misuse("the certificate is of another key than the one beside it", next_step=step)
    try:
        signature, signed = certificate.signature, certificate.tbs_certificate_bytes
        Ed25519PublicKey.from_public_bytes(root_ed25519).verify(signature, signed)
    except InvalidSignature:
        raise Misuse("the certificate is not of the root that the accord names", next_step=step) from None


def _builder(subject: str, public: Ed25519PublicKey, serial: bytes) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .issuer_name(_name(ROOT_NAME))
        .subject_name(_name(subject))
        .public_key(public)
        .serial_number(int.from_bytes(serial, "big") | 1)
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
