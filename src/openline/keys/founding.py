"""Founding an accord: the keys a side makes before the table, the document both build there, and its signatures
(spec 3.5).

Rules of this file: each side signs alone, with its own keys, the exact bytes both built; `found` does both sides' part
in one place and is for the scenario player and tests, where one program plays both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openline.keys.public import accord_message, check_accord, possessed_keys, possession_message
from openline.keys.secret import AnnounceKeys, OfficerKey, PrincipalKey, RootKeys, SigningKey, StationKeys, psk_check
from openline.ports import Entropy
from openline.wire import accord as accords
from openline.wire.accord import (
    Accord,
    Carrier,
    Line,
    Officer,
    Post,
    Principal,
    Side,
    Signatures,
    SignedAccord,
    Witness,
)
from openline.wire.errors import Misuse


@dataclass(kw_only=True, eq=False)
class SideKeys:
    """All the keys a side makes before the table."""

    root: RootKeys
    station: StationKeys
    announce: AnnounceKeys
    officers: list[OfficerKey]
    principals: dict[str, PrincipalKey]

    @classmethod
    def generate(cls, entropy: Entropy, *, officers: Sequence[str], principals: Sequence[str] = ()) -> SideKeys:
        return cls(
            root=RootKeys.generate(entropy),
            station=StationKeys.generate(entropy),
            announce=AnnounceKeys.generate(entropy),
            officers=[OfficerKey.generate(name, entropy) for name in officers],
            principals={name: PrincipalKey.generate(name, entropy) for name in principals},
        )

    def public_side(self, name: str, zone: str, *, language: str = "", posts: Sequence[Post] = ()) -> Side:
        """The side as the accord shows it: its name, zone and the public halves of its keys."""
        return Side(
            name=name,
            language=language,
            zone=zone,
            root_ed25519=self.root.ed25519.public,
            root_mldsa87=self.root.mldsa87.public,
            station=self.station.station.public,
            checkpoint=self.station.checkpoint.public,
            xwing=self.station.prekeys[0].public,
            announce_ed25519=self.announce.ed25519.public,
            announce_mldsa44=self.announce.mldsa44.public,
            officers=tuple(Officer(name=x.name, key=x.key.public) for x in self.officers),
            principals=tuple(
                Principal(name=x.name, xwing=x.xwing.public, key=x.key.public) for x in self.principals.values()
            ),
            posts=tuple(posts),
        )

    def possessed(self) -> list[SigningKey]:
        """The keys that prove their possession, in the order of `keys.public.possessed_keys`."""
        officers = (x.key for x in self.officers)
        return [self.station.station, self.announce.ed25519, *officers, *(x.key for x in self.principals.values())]


def draft(
    name: str,
    founded_s: int,
    sides: tuple[Side, Side],
    carriers: Sequence[Carrier],
    lines: Sequence[Line],
    psk: bytes,
    *,
    two_person: Sequence[int] = (),
    witnesses: Sequence[Witness] = (),
) -> Accord:
    """The accord as both stations build it at the table, each from the same answers."""
    return Accord(
        format=accords.FORMAT,
        suite=accords.SUITE,
        name=name,
        founded_s=founded_s,
        sides=sides,
        carriers=tuple(carriers),
        lines=tuple(lines),
        two_person=tuple(sorted(set(two_person))),
        witnesses=tuple(witnesses),
        psk_check=psk_check(psk),
    )


def sign_accord(document: bytes, side: int, keys: SideKeys) -> Signatures:
    """One side's signatures under the exact bytes of an accord.

    Raises:
        Malformed: the bytes are no accord.
        Misuse: the accord names other keys for this side than these.
    """
    named = accords.decode(document).sides[side]
    if keys.public_side(named.name, named.zone, language=named.language, posts=named.posts) != named:
        raise Misuse(
            f"the accord names other keys for {named.name} than the ones given",
            next_step="Take the key files this side's card at the table was made from.",
        )
    accord_id = accords.accord_id(document)
    root_ed25519, root_mldsa87 = keys.root.sign(accord_message(accord_id, side))
    signers = zip(keys.possessed(), possessed_keys(named), strict=True)
    return Signatures(
        root_ed25519=root_ed25519,
        root_mldsa87=root_mldsa87,
        possession=tuple(signer.sign(possession_message(accord_id, key)) for signer, (_, key) in signers),
    )


def found(
    name: str,
    founded_s: int,
    sides: tuple[SideKeys, SideKeys],
    carriers: Sequence[Carrier],
    lines: Sequence[Line],
    psk: bytes,
    *,
    public: tuple[Side, Side],
    two_person: Sequence[int] = (),
    witnesses: Sequence[Witness] = (),
) -> SignedAccord:
    """An accord signed by both sides, checked as either would check it. `public`: what `public_side` gave for each.

    Raises:
        Malformed: a value is out of its bounds, or a number points nowhere.
        BadSignature: two purposes share one key.
        Misuse: `public` names other keys than `sides`.
    """
    built = draft(name, founded_s, public, carriers, lines, psk, two_person=two_person, witnesses=witnesses)
    document = accords.encode(built)
    signatures = (sign_accord(document, 0, sides[0]), sign_accord(document, 1, sides[1]))
    signed = SignedAccord(accords.decode(document), document, signatures)
    check_accord(signed)
    return signed
