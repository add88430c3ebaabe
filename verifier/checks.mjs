// What this verifier says of each kind of vector: the facts it read, or a refusal. Kinds that are not here (bundles and
// letters, whose seals WebCrypto cannot open, and what a courier carries) are said to be not checked.

import { Refused, equal, join, prefix, sha256, toHex, utf8 } from "./bytes.mjs";
import { checkSigned, digits, fingerprint, readDocument, readSigned } from "./accord.mjs";
import { hold } from "./approvals.mjs";
import { CHECKPOINT, LANE } from "./bodies.mjs";
import { decode as fromCbor, encode } from "./cbor.mjs";
import { Chains, headFacts } from "./chain.mjs";
import { checkKey, counts, verify } from "./ed25519.mjs";
import { decode as readEntry, signedBytes } from "./entry.mjs";
import { read as readExport } from "./export.mjs";
import { checkConsistency, checkInclusion, root } from "./merkle.mjs";
import { verify87 } from "./mldsa.mjs";
import { ED25519, checkCheckpoint, checkpointNote, checkpointText, origin, parse, signaturesBy } from "./note.mjs";
import { read as readPayload, readVoice } from "./payload.mjs";
import { factsOf, fieldFacts, typed } from "./plain.mjs";
import { against } from "./proofs.mjs";
import { readPublished } from "./statement.mjs";
import { checkXwing, prekeyId } from "./xwing.mjs";

const PHASES = { 1: "rang", 2: "answered", 3: "declined", 4: "deferred" };

/** Kind → the facts of an input. `given` gives the fields of a vector: `bytes`, `list`, `number`, `text`. */
export const CHECKS = {
  cbor: async (given) => ({ value: await typed(fromCbor(given.bytes("data"))) }),
  ed25519,
  entry,
  accord,
  "accord-document": async (given) => ({ id: toHex((await readDocument(given.bytes("document"))).id) }),
  "xwing-key": xwingKey,
  psk,
  chain,
  approvals,
  "call-word": callWord,
  "call-voice": callVoice,
  "fork-proof": proof,
  "bad-signature-proof": proof,
  "bad-chain-proof": proof,
  tree: async (given) => ({ root: toHex(await root(given.allBytes("leaves"))) }),
  "inclusion-proof": inclusion,
  "consistency-proof": consistency,
  checkpoint,
  note,
  statement,
  payload: async (given) => ({ payload: await fieldFacts(readPayload(given.bytes("padded"))) }),
  reentry,
  export: exported,
};

const agreed = async (given) => (await readSigned(given.bytes("accord"))).accord;

async function ed25519(given) {
  const key = given.bytes("key");
  const facts = { key_counts: counts(key) };
  const refuse = (error) => {
    throw new Refused(error.reason, error.message, facts);
  };
  await verify(key, given.bytes("message"), given.bytes("signature")).catch(refuse);
  return facts;
}

async function entry(given) {
  const read = await readEntry(given.bytes("entry"));
  const station = given.bytes("station");
  checkKey(station);
  await verify(station, signedBytes(given.bytes("accord_id"), read), read.signature);
  return {
    id: toHex(read.id),
    place: await factsOf([BigInt(read.side), read.gen, read.seq]),
    prev: toHex(read.prev),
    ack: read.ack === null ? null : await factsOf([read.ack.gen, read.ack.seq, read.ack.id]),
    time_s: await factsOf(read.time),
    kind: await factsOf(read.kind),
    body: read.body.unknown ? await typed(read.plain) : await fieldFacts(read.body),
  };
}

async function accord(given) {
  const signed = await readSigned(given.bytes("signed"));
  await checkSigned(signed);
  const { id, sides } = signed.accord;
  const stations = await Promise.all(sides.map((side) => fingerprint(side.station)));
  return { id: toHex(id), digits: await digits(id), station_fingerprints: stations };
}

async function xwingKey(given) {
  const key = given.bytes("key");
  checkXwing(key);
  return { prekey_id: toHex(await prekeyId(key)) };
}

async function psk(given) {
  const secret = await sha256(prefix("psk-halves"), given.bytes("half_0"), given.bytes("half_1"));
  return { psk: toHex(secret), check: toHex(await sha256(prefix("psk"), secret)) };
}

async function chain(given) {
  const chains = new Chains(await agreed(given));
  const [repeated, strange] = [[], []];
  for (const [at, data] of given.allBytes("entries").entries()) {
    try {
      const one = await readEntry(data);
      if (chains.strange(one)) strange.push(at);
      if ((await chains.take(one)) === "repeated") repeated.push(at);
    } catch (error) {
      throw error instanceof Refused ? new Refused(error.reason, error.message, { at }) : error;
    }
  }
  return { heads: await factsOf(chains.cursors.map(headFacts)), repeated, strange };
}

async function approvals(given) {
  const of = await agreed(given);
  const counters = new Map();
  let holds = false;
  for (const data of given.allBytes("entries")) holds = await hold(of, await readEntry(data), counters);
  if (!holds) throw new Refused("no-effect", "the approvals do not hold");
  const raised = [...counters].sort(([a], [b]) => Number(a - b));
  return { counters: await factsOf(raised) };
}

async function callWord(given) {
  const [caller, line, lane, due, phase, time] = ["caller", "line", "lane", "due_s", "phase", "time_s"].map((name) =>
    given.number(name),
  );
  LANE(BigInt(lane));
  const message = join(
    prefix("call"),
    given.bytes("accord_id"),
    encode([caller, given.bytes("call_id"), line, lane, due, phase, time]),
  );
  await verify(given.bytes("station"), message, given.bytes("signature"));
  return { phase: PHASES[phase] };
}

async function callVoice(given) {
  const half = fromCbor(given.bytes("voice"));
  const [callId, line, lane, round, fingerprint, ufrag, pwd, payloadType, token, , signature] = readVoice(half);
  const message = join(
    prefix("voice"),
    given.bytes("accord_id"),
    encode([given.number("side"), callId, line, lane, round, fingerprint, ufrag, pwd, payloadType, token]),
  );
  await verify(given.bytes("station"), message, signature);
  return { round: Number(round), fingerprint: toHex(fingerprint) };
}

async function proof(given, kind) {
  const more = given.has("keys") ? given.allBytes("keys") : [];
  return { against: await against(await agreed(given), kind, given.bytes("first"), given.bytes("second"), more) };
}

async function inclusion(given) {
  const [leaf, proved] = [given.bytes("leaf"), given.allBytes("proof")];
  await checkInclusion({
    leaf, proof: proved, index: given.number("index"), size: given.number("size"), root: given.bytes("root"),
  });
  return {};
}

async function consistency(given) {
  await checkConsistency({
    old_size: given.number("old_size"),
    old_root: given.bytes("old_root"),
    size: given.number("size"),
    root: given.bytes("root"),
    proof: given.allBytes("proof"),
  });
  return {};
}

async function checkpoint(given) {
  const stated = CHECKPOINT(fromCbor(given.bytes("checkpoint")));
  const leaves = given.allBytes("leaves");
  const [size, stateRoot] = stated;
  if (size !== BigInt(leaves.length) || !equal(stateRoot, await root(leaves))) {
    throw new Refused("broken-rule", "its root is not that of its chain");
  }
  const of = [given.bytes("accord_id"), given.number("side"), given.number("gen")];
  const keys = [given.bytes("station"), given.bytes("mldsa44")];
  await checkCheckpoint(...of, stated, ...keys);
  const whole = await checkpointNote(...of, stated, ...keys);
  return { text: checkpointText(origin(...of), size, stateRoot), note: await factsOf(whole) };
}

async function note(given) {
  const read = parse(given.bytes("note"));
  for (const [name, hex] of given.list("keys")) {
    const key = given.hex(hex);
    for (const signature of await signaturesBy(read, name, ED25519, key)) {
      await verify(key, utf8(read.text), signature);
    }
  }
  return { text: read.text, names: read.lines.map((line) => line.name) };
}

async function statement(given) {
  return readPublished(given.bytes("note"), await agreed(given));
}

async function reentry(given) {
  const of = await agreed(given);
  const side = given.number("side");
  const asked = ["nonce", "station", "xwing"].map((name) => given.bytes(name));
  const message = join(prefix("reentry"), of.id, Uint8Array.of(side), ...asked);
  await verify(of.sides[side].root_ed25519, message, given.bytes("root_ed25519"));
  verify87(of.sides[side].root_mldsa87, message, given.bytes("root_mldsa87"));
  return {};
}

async function exported(given) {
  const wanted = given.has("digits") ? given.text("digits") : undefined;
  const read = await readExport(given.bytes("export"), wanted);
  return { ...read, heads: await factsOf(read.heads) };
}
