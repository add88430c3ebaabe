"""The tree against RFC 6962's own recursive definition, and proofs against forgers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.wire import entry, merkle
from openline.wire.errors import OurFault, PeerFault

# The eight leaves and their roots by which implementations of RFC 6962 are commonly compared.
LEAVES = [
    merkle.leaf_hash(bytes.fromhex(data))
    for data in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
SIZES = st.integers(0, 130)


def leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def split(count: int) -> int:
    """The largest power of two below `count`, as RFC 6962 §2.1 words it."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def naive_root(hashes: list[bytes]) -> bytes:
    """RFC 6962 §2.1, MTH."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else merkle.EMPTY
    k = split(len(hashes))
    return merkle.node_hash(naive_root(hashes[:k]), naive_root(hashes[k:]))


def naive_path(m: int, hashes: list[bytes]) -> list[bytes]:
    """RFC 6962 §2.1.1, PATH."""
    if len(hashes) == 1:
        return []
    k = split(len(hashes))
    if m < k:
        return [*naive_path(m, hashes[:k]), naive_root(hashes[k:])]
    return [*naive_path(m - k, hashes[k:]), naive_root(hashes[:k])]


def naive_subproof(m: int, hashes: list[bytes], *, whole: bool) -> list[bytes]:
    """RFC 6962 §2.1.2, SUBPROOF."""
    if m == len(hashes):
        return [] if whole else [naive_root(hashes)]
    k = split(len(hashes))
    if m <= k:
        return [*naive_subproof(m, hashes[:k], whole=whole), naive_root(hashes[k:])]
    return [*naive_subproof(m - k, hashes[k:], whole=False), naive_root(hashes[:k])]


def test_known_roots() -> None:
    """Every size from none to eight has the root that other implementations give."""
    assert [merkle.root(LEAVES[:size]).hex() for size in range(9)] == list(ROOTS)


def test_an_entry_id_is_its_leaf_hash() -> None:
    """The tree over ids is the RFC 6962 tree over the entries' bytes (spec 3.3)."""
    assert entry.entry_id(b"any entry") == merkle.leaf_hash(b"any entry")


@given(SIZES)
def test_root_is_the_definition(size: int) -> None:
    """The growing tree and the recursive definition agree at every size."""
    assert merkle.root(leaves(size)) == naive_root(leaves(size))


@given(SIZES, SIZES)
def test_a_tree_goes_on_from_its_peaks(first: int, more: int) -> None:
    """A tree taken up again from its size and peaks grows as one that never stopped, in logarithmic memory."""
    all_leaves = leaves(first + more)
    before = merkle.Tree()
    for leaf in all_leaves[:first]:
        before.append(leaf)
    after = merkle.Tree(before.size, before.peaks)
    for leaf in all_leaves[first:]:
        after.append(leaf)
    assert (after.size, after.root()) == (first + more, naive_root(all_leaves))
    assert before.size == first
    assert len(after.peaks) <= max(1, (first + more).bit_length())


def test_a_tree_with_wrong_peaks_is_our_fault() -> None:
    """Peaks that do not fit the size are caught where the tree is taken up, not at the next root."""
    with pytest.raises(OurFault, match="peaks"):
        merkle.Tree(5, [merkle.EMPTY])


@given(st.integers(1, 130), st.data())
def test_inclusion_is_the_definition_and_verifies(size: int, data: st.DataObject) -> None:
    """Every leaf's proof is RFC 6962's PATH, and it verifies."""
    index = data.draw(st.integers(0, size - 1))
    hashes = leaves(size)
    proof = merkle.inclusion_proof(hashes, index)
    assert list(proof) == naive_path(index, hashes)
    merkle.check_inclusion(hashes[index], index, size, proof, merkle.root(hashes))


@given(SIZES, st.data())
def test_consistency_is_the_definition_and_verifies(size: int, data: st.DataObject) -> None:
    """The proof from every earlier size is RFC 6962's PROOF, and it verifies."""
    old = data.draw(st.integers(0, size))
    hashes = leaves(size)
    proof = merkle.consistency_proof(hashes, old)
    assert list(proof) == (naive_subproof(old, hashes, whole=True) if 0 < old < size else [])
    merkle.check_consistency(old, merkle.root(hashes[:old]), size, merkle.root(hashes), proof)


@given(st.integers(2, 40), st.data())
def test_attack_false_inclusion(size: int, data: st.DataObject) -> None:
    """A proof with one hash changed, dropped or added, for another leaf or place, or against another root, fails."""
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    proof, root = list(merkle.inclusion_proof(hashes, index)), merkle.root(hashes)
    other = data.draw(st.integers(0, size - 1).filter(lambda place: place != index))
    at = data.draw(st.integers(0, len(proof) - 1))
    forged: list[tuple[bytes, int, list[bytes], bytes]] = [
        (hashes[index], index, [*proof[:at], merkle.EMPTY, *proof[at + 1 :]], root),
        (hashes[index], index, proof[:at] + proof[at + 1 :], root),
        (hashes[index], index, [*proof, merkle.EMPTY], root),
        (hashes[index], other, proof, root),
        (hashes[index], size, proof, root),
        (hashes[other], index, proof, root),
        (hashes[index], index, proof, merkle.EMPTY),
    ]
    for leaf, place, hashes_given, expected in forged:
        with pytest.raises(PeerFault, match="inclusion proof"):
            merkle.check_inclusion(leaf, place, size, hashes_given, expected)


@given(st.integers(2, 40), st.data())
def test_attack_rewritten_chain(size: int, data: st.DataObject) -> None:
    """A chain whose past was changed cannot be shown to go on from the tree that was signed before."""
    hashes = leaves(size)
    old = data.draw(st.integers(1, size - 1))
    rewritten = list(hashes)
    rewritten[data.draw(st.integers(0, old - 1))] = merkle.EMPTY
    proof = merkle.consistency_proof(rewritten, old)
    with pytest.raises(PeerFault, match="consistency proof"):
        merkle.check_consistency(old, merkle.root(hashes[:old]), size, merkle.root(rewritten), proof)


@given(st.integers(2, 40), st.data())
def test_attack_false_consistency(size: int, data: st.DataObject) -> None:
    """A proof with one hash changed, dropped or added fails, as do two roots for one size and a shrunken tree."""
    hashes = leaves(size)
    old = data.draw(st.integers(1, size - 1))
    proof = list(merkle.consistency_proof(hashes, old))
    at = data.draw(st.integers(0, len(proof) - 1))
    old_root, root = merkle.root(hashes[:old]), merkle.root(hashes)
    forged: list[tuple[int, bytes, int, bytes, list[bytes]]] = [
        (old, old_root, size, root, [*proof[:at], merkle.EMPTY, *proof[at + 1 :]]),
        (old, old_root, size, root, proof[:at] + proof[at + 1 :]),
        (old, old_root, size, root, [*proof, merkle.EMPTY]),
        (old, old_root, size, root, []),
        (size, old_root, size, root, []),
        (size, root, size, root, [merkle.EMPTY]),
        (0, old_root, size, root, []),
        (size, root, old, old_root, proof),
    ]
    for case in forged:
        with pytest.raises(PeerFault, match="consistency proof"):
            merkle.check_consistency(*case)


@pytest.mark.parametrize("index", [-1, 3])
def test_no_proof_for_a_leaf_that_is_not_there(index: int) -> None:
    """Asking for one is a defect of the asker."""
    with pytest.raises(OurFault, match="leaf"):
        merkle.inclusion_proof(leaves(3), index)


@pytest.mark.parametrize("old", [-1, 4])
def test_no_proof_from_a_size_that_never_was(old: int) -> None:
    """Asking for one is a defect of the asker."""
    with pytest.raises(OurFault, match="old size"):
        merkle.consistency_proof(leaves(3), old)
