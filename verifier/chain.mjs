// Accepting entries into both chains, one by one (spec 6.1, 3.7). Written for entries that come in some order and stop
// at the first that is not taken in.

import { Refused, equal, join, prefix, toHex } from "./bytes.mjs";
import { KIND } from "./bodies.mjs";
import { checkPossession } from "./accord.mjs";
import { encode } from "./cbor.mjs";
import { verifies, verify } from "./ed25519.mjs";
import { comparePositions, is, placeName, signedBytes } from "./entry.mjs";
import { verify87 } from "./mldsa.mjs";
import { checkXwing } from "./xwing.mjs";

const GENERATION_MAX = 2n ** 63n - 1n;

const broken = (sentence) => new Refused("broken-rule", sentence);

/** The body's map without some keys, or null where the kind has none. */
export const without = (plain, ...keys) =>
  plain === null ? null : new Map([...plain].filter(([key]) => !keys.includes(Number(key))));

/** A generation's root signatures, proof of possession and keys (spec 3.7). */
export async function checkGeneration(accord, entry) {
  const { body } = entry;
  const side = accord.sides[entry.side];
  const message = join(prefix("generation"), accord.id, encode([entry.side, entry.gen, without(entry.plain, 6, 7, 9)]));
  await verify(side.root_ed25519, message, body.root_ed25519, "the root's Ed25519 signature");
  verify87(side.root_mldsa87, message, body.root_mldsa87);
  await checkPossession(accord.id, body.station, body.possession);
  checkXwing(body.xwing);
}

/** Whether any of the keys signed the entry. */
export async function signedByAny(accord, entry, keys) {
  for (const key of keys) {
    if (await verifies(key, signedBytes(accord.id, entry), entry.signature)) return true;
  }
  return false;
}

export class Chains {
  constructor(accord) {
    this.accord = accord;
    this.ids = new Map(); // place → id
    this.cursors = accord.sides.map((side) => ({ head: null, ack: null, key: side.station }));
    this.keys = accord.sides.map((side) => [side.station]); // every station key that the record names
  }

  held(side, position) {
    return this.ids.get(placeName(side, position.gen, position.seq));
  }

  /** Take one entry in. Gives "appended" or "repeated"; refuses with gap, fork, broken-rule or bad-signature. */
  async take(entry) {
    const held = this.held(entry.side, entry);
    if (held !== undefined) {
      if (equal(held, entry.id)) return "repeated";
      await this.checkStray(entry);
      throw new Refused("fork", "another entry stands at this place");
    }
    this.append(entry, await this.step(entry));
    return "appended";
  }

  /** Step 2: an entry beside the chain is signed by a key of its side; a generation by its own, under its root. */
  async checkStray(entry) {
    const generation = is(entry, KIND.GENERATION);
    if (generation) await checkGeneration(this.accord, entry);
    const keys = generation ? [entry.body.station] : this.keys[entry.side];
    if (!(await signedByAny(this.accord, entry, keys))) throw new Refused("bad-signature", "nobody signed it");
  }

  /** Steps 3 to 8: the cursor after the entry. */
  async step(entry) {
    const cursor = this.cursors[entry.side];
    const generation = is(entry, KIND.GENERATION);
    const prev = generation ? this.generationPrev(entry, cursor) : this.nextPrev(entry, cursor);
    if (!equal(entry.prev, prev)) throw broken("it does not name the entry before it");
    if (generation) await checkGeneration(this.accord, entry);
    const key = generation ? entry.body.station : cursor.key;
    await verify(key, signedBytes(this.accord.id, entry), entry.signature, "the station's signature");
    const ack = this.acknowledgement(entry, cursor.ack);
    if (is(entry, KIND.KEY)) await checkPossession(this.accord.id, entry.body.station, entry.body.possession);
    return { head: entry, ack, key: is(entry, KIND.KEY) ? entry.body.station : key };
  }

  nextPrev(entry, { head }) {
    const next = head === null ? { gen: 0n, seq: 0n } : { gen: head.gen, seq: head.seq + 1n };
    const order = comparePositions(entry, next);
    if (order > 0) throw new Refused("gap", "an entry before it is missing");
    if (order < 0) throw broken("it is behind its chain");
    return head === null ? this.accord.id : head.id;
  }

  generationPrev(entry, { head }) {
    const above = (head === null || entry.gen > head.gen) && entry.gen <= GENERATION_MAX;
    if (entry.seq !== 0n || !above) throw broken("it begins no new generation");
    const { last } = entry.body;
    if (last === null) return this.accord.id;
    const [gen, seq, id] = last;
    const held = this.held(entry.side, { gen, seq });
    if (held === undefined) throw new Refused("gap", "the entry it goes on from is not held");
    if (!equal(held, id)) throw broken("it goes on from another entry than the one held");
    return id;
  }

  /** Step 7: the acknowledgement in force after the entry. */
  acknowledgement(entry, before) {
    const seal = is(entry, KIND.SEAL);
    if (entry.ack === null) {
      if (seal && before !== null) throw broken("a seal that does not write out the other head");
      return before;
    }
    const order = before === null ? 1 : comparePositions(entry.ack, before);
    if (order < 0) throw broken("it takes back an acknowledgement");
    if (order === 0 && !(seal && equal(entry.ack.id, before.id))) throw broken("an acknowledgement written out again");
    return entry.ack;
  }

  append(entry, after) {
    this.ids.set(placeName(entry.side, entry.gen, entry.seq), entry.id);
    this.cursors[entry.side] = after;
    if (!this.keys[entry.side].some((key) => equal(key, after.key))) this.keys[entry.side].push(after.key);
  }

  /** Whether the entry acknowledges another than the one held at that place (spec 6.2). */
  strange(entry) {
    if (entry.ack === null) return false;
    const held = this.held(1 - entry.side, entry.ack);
    return held !== undefined && !equal(held, entry.ack.id);
  }
}

export const headFacts = ({ head }) => (head === null ? null : [head.gen, head.seq, toHex(head.id)]);
