// An entry (spec 3.2, 3.3): core ‖ signature, and its id. That it decodes says nothing about its signature.

import { join, malformed, prefix, sha256 } from "./bytes.mjs";
import { HEAD, ID, KIND, SECONDS, bodyOf } from "./bodies.mjs";
import { decode as fromCbor } from "./cbor.mjs";
import { oneOf, uint } from "./codecs.mjs";

const SIGNATURE_BYTES = 64;
const CORE_BYTES_MAX = 16_384;
const FAULT_CORE_BYTES_MAX = 40_960;
const SIDE = oneOf(0, 1);
const NUMBER = uint();

export async function decode(data) {
  const coreLength = data.length - SIGNATURE_BYTES;
  if (coreLength <= 0 || coreLength > FAULT_CORE_BYTES_MAX) throw malformed(`an entry of ${data.length} bytes`);
  const core = data.subarray(0, coreLength);
  const plain = fromCbor(core);
  if (!Array.isArray(plain) || plain.length !== 9) throw malformed("a core is an array of nine");
  const [format, side, gen, seq, prev, ack, time, kind, body] = plain;
  if (format !== 1n) throw malformed("an entry of another format");
  NUMBER(kind);
  const entry = {
    side: Number(SIDE(side)),
    gen: NUMBER(gen),
    seq: NUMBER(seq),
    prev: ID(prev),
    ack: ack === null ? null : headOf(HEAD(ack)),
    time: SECONDS(time),
    kind,
    body: bodyOf(kind, body),
    plain: body,
    data,
    core,
    signature: data.subarray(coreLength),
    id: await sha256(Uint8Array.of(0), data),
  };
  if (kind !== BigInt(KIND.FAULT) && coreLength > CORE_BYTES_MAX) throw malformed("an entry too long for its kind");
  return entry;
}

const headOf = ([gen, seq, id]) => ({ gen, seq, id });

export const is = (entry, kind) => entry.kind === BigInt(kind);

/** What the station key signs. */
export const signedBytes = (accordId, entry) => join(prefix("entry"), accordId, entry.core);

/** A place as a key of maps. */
export const placeName = (side, gen, seq) => `${side}/${gen}/${seq}`;

/** Order of two positions [gen, seq] of one chain. */
export const comparePositions = (a, b) => Number(after(a, b)) - Number(after(b, a));
const after = (a, b) => a.gen > b.gen || (a.gen === b.gen && a.seq > b.seq);
