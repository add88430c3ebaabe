// The tree over a chain (spec 3.8.2) and its proofs (3.8.4). Written by RFC 6962's recursive definitions: a proof is
// checked by following the definition that makes it.

import { Refused, equal, sha256 } from "./bytes.mjs";

const node = (left, right) => sha256(Uint8Array.of(1), left, right);
const notShown = (sentence) => new Refused("broken-rule", sentence);

/** The largest power of two below n. */
function split(n) {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

export async function root(leaves) {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0];
  const k = split(leaves.length);
  return node(await root(leaves.slice(0, k)), await root(leaves.slice(k)));
}

/** The root that a path leads to from leaf `index` of `size`; the path is used from its end, the top. */
async function climb(leaf, index, size, path) {
  if (size === 1) {
    if (path.length !== 0) throw notShown("a hash too many");
    return leaf;
  }
  if (path.length === 0) throw notShown("a hash too few");
  const k = split(size);
  const [below, sibling] = [path.slice(0, -1), path[path.length - 1]];
  return index < k
    ? node(await climb(leaf, index, k, below), sibling)
    : node(sibling, await climb(leaf, index - k, size - k, below));
}

export async function checkInclusion({ leaf, index, size, proof, root: expected }) {
  if (index >= size) throw notShown("no such leaf");
  if (!equal(await climb(leaf, index, size, proof), expected)) throw notShown("it does not lead to the root");
}

/**
 * Both roots that a consistency proof leads to: of the first `old` leaves and of all `size`. `whole` says that the old
 * tree is this very subtree, so that its root is known and not in the proof.
 */
async function climbTwo(old, size, proof, oldRoot, whole) {
  if (old === size) {
    if (proof.length !== (whole ? 0 : 1)) throw notShown("a hash too many or too few");
    const same = whole ? oldRoot : proof[0];
    return [same, same];
  }
  if (proof.length === 0) throw notShown("a hash too few");
  const k = split(size);
  const [below, sibling] = [proof.slice(0, -1), proof[proof.length - 1]];
  if (old <= k) {
    const [before, after] = await climbTwo(old, k, below, oldRoot, whole);
    return [before, await node(after, sibling)];
  }
  const [before, after] = await climbTwo(old - k, size - k, below, oldRoot, false);
  return [await node(sibling, before), await node(sibling, after)];
}

export async function checkConsistency({ old_size: old, old_root: oldRoot, size, root: newRoot, proof }) {
  if (old > size) throw notShown("a tree that became smaller");
  if (old === 0 || old === size) {
    const expected = old === 0 ? await root([]) : newRoot;
    if (proof.length !== 0 || !equal(oldRoot, expected)) throw notShown("two roots, or a hash where none belongs");
    return;
  }
  const [before, after] = await climbTwo(old, size, proof, oldRoot, true);
  if (!equal(before, oldRoot) || !equal(after, newRoot)) throw notShown("it does not lead to both roots");
}
