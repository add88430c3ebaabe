"""What both sides check before an accord counts: every key, every signature, every proof of possession."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openline.keys import public
from openline.keys.public import BadSignature, check_accord
from openline.keys.secret import SigningKey
from openline.wire import accord as accords
from openline.wire.accord import Accord, Signatures, SignedAccord, Witness
from openline.wire.errors import Malformed
from tests import ed25519_cases
from tests.accord_maker import made


def remade(signed: SignedAccord, side: int, **fields: Any) -> SignedAccord:
    """The accord with other signatures of one side."""
    both = list(signed.signatures)
    both[side] = replace(both[side], **fields)
    return replace(signed, signatures=(both[0], both[1]))


def test_a_founded_accord_is_accepted() -> None:
    """All keys and signatures of an accord both sides signed hold, also after travelling as bytes."""
    check_accord(accords.decode_signed(accords.encode_signed(made().signed)))


def test_every_signature_of_an_accord_is_checked() -> None:
    """Whichever signature is exchanged for another, the accord is refused, and the refusal says whose and which."""
    signed = made().signed
    other, proofs = signed.signatures[0], signed.signatures[1].possession
    breaks = {
        "south: root Ed25519": remade(signed, 1, root_ed25519=other.root_ed25519),
        "south: root ML-DSA-87": remade(signed, 1, root_mldsa87=other.root_mldsa87),
        "south: possession of the station key": remade(signed, 1, possession=(proofs[1], *proofs[1:])),
        "south: possession of the announcement key": remade(signed, 1, possession=(proofs[0], proofs[0], *proofs[2:])),
        "south: possession of the officer han key": remade(signed, 1, possession=(*proofs[:3], proofs[0], proofs[4])),
        "south: possession of the principal president key": remade(signed, 1, possession=(*proofs[:4], proofs[0])),
        "south: 4 proofs of possession for 5 keys": remade(signed, 1, possession=proofs[:4]),
        "south: 6 proofs of possession for 5 keys": remade(signed, 1, possession=(*proofs, proofs[0])),
    }
    for why, broken in breaks.items():
        with pytest.raises(BadSignature, match=why):
            check_accord(broken)


def test_a_changed_document_voids_its_signatures() -> None:
    """The same signatures under another document are none."""
    signed = made().signed
    accord = replace(signed.accord, founded_s=1)
    with pytest.raises(BadSignature, match="north: root Ed25519"):
        check_accord(SignedAccord(accord, accords.encode(accord), signed.signatures))


def resigned(accord: Accord) -> SignedAccord:
    """Another accord under good signatures of the same keys, so that nothing but its content is wrong."""
    document = accords.encode(accord)
    identity = accords.accord_id(document)
    signatures = []
    for number, (keys, side) in enumerate(zip(made().keys, accord.sides, strict=True)):
        root_ed25519, root_mldsa87 = keys.root.sign(public.accord_message(identity, number))
        proofs = tuple(
            signer.sign(public.possession_message(identity, key))
            for signer, (_, key) in zip(keys.possessed(), public.possessed_keys(side), strict=True)
        )
        signatures.append(Signatures(root_ed25519=root_ed25519, root_mldsa87=root_mldsa87, possession=proofs))
    return SignedAccord(accord, document, (signatures[0], signatures[1]))


ACCORD = made().signed.accord
NORTH, SOUTH = ACCORD.sides
WEAK = ed25519_cases.encode(ed25519_cases.MIXED)
LAME = SOUTH.xwing[:1184] + bytes(32)


def with_south(**fields: Any) -> Accord:
    return replace(ACCORD, sides=(NORTH, replace(SOUTH, **fields)))


@pytest.mark.parametrize(
    ("accord", "why"),
    [
        pytest.param(with_south(station=NORTH.station), "south: station has the key of north: station", id="of theirs"),
        pytest.param(
            with_south(announce_ed25519=SOUTH.root_ed25519),
            "south: announcement has the key of south: root",
            id="of ours",
        ),
    ],
)
def test_borrowed_key(accord: Accord, why: str) -> None:
    """A side that enters the other's key, or one of its own twice, is found out: one key, one purpose, one holder."""
    with pytest.raises(BadSignature, match=why):
        check_accord(resigned(accord))


@pytest.mark.parametrize(
    ("accord", "why"),
    [
        pytest.param(with_south(root_ed25519=WEAK), "south: root key", id="root"),
        pytest.param(with_south(station=WEAK), "south: station key", id="station"),
        pytest.param(with_south(announce_ed25519=WEAK), "south: announcement key", id="announcement"),
        pytest.param(
            with_south(officers=(SOUTH.officers[0], replace(SOUTH.officers[1], key=WEAK))), "officer han", id="officer"
        ),
        pytest.param(
            with_south(principals=(replace(SOUTH.principals[0], key=WEAK),)), "principal president", id="principal"
        ),
        pytest.param(replace(ACCORD, witnesses=(Witness(name="third", key=WEAK),)), "witness third", id="witness"),
    ],
)
def test_weak_key_in_an_accord(accord: Accord, why: str) -> None:
    """A key of mixed order, under which libraries disagree, is named and refused wherever it stands."""
    with pytest.raises(BadSignature, match=why):
        check_accord(resigned(accord))


@pytest.mark.parametrize(
    ("accord", "why"),
    [
        pytest.param(with_south(xwing=LAME), "south: station", id="station"),
        pytest.param(
            with_south(principals=(replace(SOUTH.principals[0], xwing=LAME),)),
            "south: principal president",
            id="principal",
        ),
    ],
)
def test_keys_to_seal_to_are_checked_at_the_table(accord: Accord, why: str) -> None:
    """A prekey or a principal's key that nothing can be sealed to is found before anybody signs."""
    with pytest.raises(Malformed, match=why):
        check_accord(resigned(accord))


def test_a_resigned_accord_is_accepted() -> None:
    """The tests above refuse what they change and nothing else; a witness with a sound key is accepted."""
    check_accord(resigned(ACCORD))
    check_accord(
        resigned(replace(ACCORD, witnesses=(Witness(name="third", key=SigningKey.from_seed(bytes(32)).public),)))
    )
