// An export (spec 13): one side's whole record. The file verifies or does not; where it breaks is not told here.

import { Refused, equal, join, malformed, prefix, sha256, toHex, utf8 } from "./bytes.mjs";
import { checkSigned, digits, readSigned, sameDigits } from "./accord.mjs";
import { ID, KIND, SECONDS } from "./bodies.mjs";
import { decode as fromCbor } from "./cbor.mjs";
import { Chains, checkGeneration, signedByAny } from "./chain.mjs";
import { oneOf, row, set, uint } from "./codecs.mjs";
import { verify } from "./ed25519.mjs";
import { comparePositions, decode as readEntry, is, placeName } from "./entry.mjs";
import { root } from "./merkle.mjs";
import { checkCheckpoint } from "./note.mjs";

const MAGIC = utf8("openline/export/1\0");
const TAG = { ACCORD: 1, ENTRY: 2, STRAY: 3, TRAILER: 4 };
const HEAD_BYTES = 4;
const SIGNATURE_BYTES = 64;
const SIDE = uint(1n);
const TRAILER = row(uint(1n, 1n), SECONDS, uint(), uint(), set(row(SIDE, uint(), uint(), ID), 16_384), uint(), ID);

const fault = (sentence) => new Refused("does-not-verify", sentence);

function itemsOf(data) {
  if (!equal(data.subarray(0, MAGIC.length), MAGIC)) throw fault("not an export");
  const items = [];
  for (let at = MAGIC.length; at < data.length; ) {
    const start = at + HEAD_BYTES;
    const end = start + ((data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3]);
    if (!(end <= data.length)) throw fault("the file is cut short");
    items.push({ tag: data[at], at, data: data.subarray(start, end) });
    at = end;
  }
  return items;
}

async function opening(item) {
  if (item?.tag !== TAG.ACCORD) throw fault("the accord is missing");
  const plain = fromCbor(item.data);
  if (!Array.isArray(plain) || plain.length !== 3 || plain[0] !== 1n) throw malformed("an opening of another form");
  const signed = await readSigned(plain[2]);
  await checkSigned(signed);
  return { side: Number(oneOf(0, 1)(plain[1])), accord: signed.accord };
}

/** Everything about an export; refused as does-not-verify, whatever is wrong. */
export async function read(data, wanted) {
  try {
    return await new Export().read(data, wanted);
  } catch (error) {
    throw error instanceof Refused ? fault(error.message) : error;
  }
}

class Export {
  async read(data, wanted) {
    const [first, ...items] = itemsOf(data);
    const trailer = items.pop();
    const { side, accord } = await opening(first);
    const anchored = wanted === undefined || sameDigits(wanted, await digits(accord.id));
    if (!anchored) throw fault("the digits are of another accord");
    this.chains = new Chains(accord);
    this.accord = accord;
    this.entries = [];
    this.strays = new Map(); // id in hex → entry
    this.checkpointKeys = accord.sides.map((one) => one.checkpoint);
    for (const item of items) await this.item(item);
    this.acknowledgements();
    this.references();
    await this.trailer(data, trailer, side);
    return { side, entries: this.entries.length, strays: this.strays.size, heads: this.heads() };
  }

  async item({ tag, data }) {
    const entry = await readEntry(data);
    if (tag === TAG.ENTRY && this.strays.size === 0) return this.entry(entry);
    if (tag === TAG.STRAY) return this.stray(entry);
    throw fault("an item out of its order");
  }

  async entry(entry) {
    const before = this.entries.at(-1);
    if (before !== undefined && !ascends(before, entry)) throw fault("entries that do not ascend");
    if ((await this.chains.take(entry)) !== "appended") throw fault("an entry twice");
    this.entries.push(entry);
    if (is(entry, KIND.GENERATION)) this.checkpointKeys[entry.side] = entry.body.checkpoint;
    if (entry.body.checkpoint instanceof Array) await this.checkpoint(entry, entry.body.checkpoint);
  }

  /** A checkpoint states all entries of its chain and generation that come before it. */
  async checkpoint(entry, stated) {
    const own = this.entries.filter((one) => one.side === entry.side && one.gen === entry.gen).slice(0, -1);
    const [size, stateRoot] = stated;
    const holds = size === entry.seq && equal(stateRoot, await root(own.map((one) => one.id)));
    if (!holds) throw fault("a checkpoint that is not its chain's");
    const station = this.chains.cursors[entry.side].key;
    await checkCheckpoint(this.accord.id, entry.side, entry.gen, stated, station, this.checkpointKeys[entry.side]);
  }

  /** A stray is signed, and stands where another entry does, or goes on from another stray. */
  async stray(entry) {
    const last = [...this.strays.values()].at(-1);
    if (last !== undefined && !ascends(last, entry, true)) throw fault("strays that do not ascend");
    const keys = [...this.chains.keys[entry.side]];
    for (const one of this.strays.values()) {
      if (one.side === entry.side && one.body.station !== undefined) keys.push(one.body.station);
    }
    if (is(entry, KIND.GENERATION)) {
      await checkGeneration(this.accord, entry);
      keys.push(entry.body.station);
    }
    if (!(await signedByAny(this.accord, entry, keys))) throw fault("a stray that nobody signed");
    const held = this.chains.held(entry.side, entry);
    const beside = held !== undefined && !equal(held, entry.id);
    if (!beside && !this.strays.has(toHex(entry.prev))) throw fault("a stray that is evidence of nothing");
    this.strays.set(toHex(entry.id), entry);
  }

  acknowledgements() {
    for (const { side, ack } of this.entries) {
      if (ack === null) continue;
      const held = this.chains.held(1 - side, ack);
      const named = held !== undefined && equal(held, ack.id);
      if (!named && !this.strays.has(toHex(ack.id))) throw fault("an acknowledged entry is not there");
    }
  }

  /** Every entry that another names is there: by its id, or, in a receipt, by its place. */
  references() {
    const ids = new Set([...this.entries.map((entry) => toHex(entry.id)), ...this.strays.keys()]);
    for (const entry of this.entries) {
      if (is(entry, KIND.RECEIPT) && this.chains.held(1 - entry.side, entry.body) === undefined) {
        throw fault("a receipt for an entry that is not there");
      }
      for (const id of named(entry)) {
        if (!ids.has(toHex(id))) throw fault("an entry that is named is not there");
      }
    }
  }

  heads() {
    const last = new Map(this.entries.map((entry) => [placeName(entry.side, entry.gen, ""), entry]));
    return [...last.values()].map(({ side, gen, seq, id }) => [BigInt(side), gen, seq, id]);
  }

  async trailer(data, item, side) {
    if (item?.tag !== TAG.TRAILER || item.data.length <= SIGNATURE_BYTES) throw fault("the trailer is missing");
    const [core, signature] = [item.data.subarray(0, -SIGNATURE_BYTES), item.data.subarray(-SIGNATURE_BYTES)];
    const [, , entries, strays, heads, length, hash] = TRAILER(fromCbor(core));
    const message = join(prefix("export-trailer"), this.accord.id, core);
    await verify(this.chains.cursors[side].key, message, signature, "the trailer's signature");
    const before = data.subarray(0, item.at);
    const counted = entries === BigInt(this.entries.length) && strays === BigInt(this.strays.size);
    const sealed = length === BigInt(before.length) && equal(hash, await sha256(before));
    const own = this.heads();
    const same = heads.length === own.length && heads.every((head, at) => sameHead(head, own[at]));
    if (!counted || !sealed || !same) throw fault("the trailer does not fit the file");
  }
}

const sameHead = (a, b) => a.slice(0, 3).every((value, at) => value === b[at]) && equal(a[3], b[3]);

/** Order in the file: side, generation, number; strays also by id. */
function ascends(before, entry, byId = false) {
  if (before.side !== entry.side) return before.side < entry.side;
  const order = comparePositions(before, entry);
  return order < 0 || (byId && order === 0 && toHex(before.id) < toHex(entry.id));
}

function named({ kind, body }) {
  const of = {
    [KIND.PROPOSE]: () => body.lists,
    [KIND.ACCEPT]: () => [body.target],
    [KIND.WITHDRAW]: () => [body.target],
    [KIND.SEAL]: () => [body.closes],
    [KIND.GENERATION]: () => body.forks.flat(),
  };
  const ids = of[kind]?.() ?? [body.answers, body.corrects, body.translation_of];
  return ids.filter((id) => id instanceof Uint8Array);
}
