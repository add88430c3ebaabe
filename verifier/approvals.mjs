// Officers' approvals (spec 3.6): whether those of a body hold, and the counters they raise.

import { join, prefix } from "./bytes.mjs";
import { KIND } from "./bodies.mjs";
import { encode } from "./cbor.mjs";
import { without } from "./chain.mjs";
import { verifies } from "./ed25519.mjs";

const ACTS = [KIND.SUSPEND, KIND.PROPOSE, KIND.ACCEPT, KIND.WITHDRAW, KIND.ANNOUNCE, KIND.AMEND, KIND.MINUTE];
const MESSAGES = [KIND.MESSAGE, KIND.DOCUMENT, KIND.NOTICE];
const ACKNOWLEDGED = 2n;

function needed(accord, kind, body) {
  const two = accord.two_person.includes(BigInt(kind));
  if (ACTS.includes(kind)) return two ? 2 : 1;
  if (MESSAGES.includes(kind)) return two && body.lane === 0n ? 2 : 0;
  return kind === KIND.RECEIPT && body.level === ACKNOWLEDGED ? 1 : 0;
}

/** Whether the approvals of an entry's body hold; if so, its side's `counters` (officer → highest) are raised. */
export async function hold(accord, entry, counters) {
  const kind = Number(entry.kind);
  const given = entry.body.approvals ?? [];
  if (kind === KIND.WITHDRAW && given.length === 0) return true;
  if (new Set(given.map(([officer]) => officer)).size < needed(accord, kind, entry.body)) return false;
  for (const approval of given) {
    if (!(await holds(accord, entry, approval, counters))) return false;
  }
  for (const [officer, counter] of given) {
    if (counter > (counters.get(officer) ?? 0n)) counters.set(officer, counter); // one officer may be given twice
  }
  return true;
}

async function holds(accord, entry, [officer, counter, signature], counters) {
  const officers = accord.sides[entry.side].officers;
  if (officer >= officers.length || counter <= (counters.get(officer) ?? 0n)) return false;
  const act = encode([entry.side, entry.kind, without(entry.plain, 8), officer, counter]);
  return verifies(officers[Number(officer)].key, join(prefix("officer"), accord.id, act), signature);
}
