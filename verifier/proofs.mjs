// Proofs of fault (spec 3.10): two entries, and signatures of the accused alone.

import { Refused, compareBytes, equal } from "./bytes.mjs";
import { KIND } from "./bodies.mjs";
import { checkGeneration, signedByAny } from "./chain.mjs";
import { comparePositions, decode, is } from "./entry.mjs";

const refusedIsFalse = (error) => {
  if (error instanceof Refused) return false;
  throw error;
};

async function signed(accord, entry, keys) {
  if (!is(entry, KIND.GENERATION)) return signedByAny(accord, entry, keys);
  const rooted = await checkGeneration(accord, entry).then(() => true, refusedIsFalse);
  return rooted && signedByAny(accord, entry, [...keys, entry.body.station]);
}

const TESTS = {
  "fork-proof": (first, second, firstSigned) =>
    firstSigned && first.seq === second.seq && compareBytes(first.id, second.id) < 0,
  "bad-signature-proof": (first, second, firstSigned) =>
    second.seq === first.seq + 1n && equal(second.prev, first.id) && !firstSigned,
  "bad-chain-proof": (first, second, firstSigned) =>
    second.seq === first.seq + 1n && firstSigned && (!equal(second.prev, first.id) || takesBack(first, second)),
};

const takesBack = (first, second) =>
  first.ack !== null && second.ack !== null && comparePositions(second.ack, first.ack) < 0;

/** The side that the proof is against; refused as proves-nothing. `more`: station keys that the record has brought. */
export async function against(accord, kind, firstData, secondData, more) {
  const nothing = new Refused("proves-nothing", "the two entries prove nothing");
  const both = await Promise.all([decode(firstData), decode(secondData)]).catch(refusedIsFalse);
  if (!both) throw nothing;
  const [first, second] = both;
  if (first.side !== second.side || first.gen !== second.gen) throw nothing;
  const keys = [accord.sides[first.side].station, ...more];
  if (!(await signed(accord, second, keys))) throw nothing;
  if (!TESTS[kind](first, second, await signed(accord, first, keys))) throw nothing;
  return first.side;
}
