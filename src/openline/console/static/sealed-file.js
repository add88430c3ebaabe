// Sealed files, before any key touches them (spec 4.5.1, 4.5.2): to post-quantum recipients alone, or not at all.
//
// Rules of this file: it reads a file's header and nothing of what is sealed; a file that has one stanza of another type is
// refused whatever else it has, for it is as readable as that one.

const FIRST = "age-encryption.org/v1";
const TYPE = "mlkem768x25519";
const HEADER_BYTES_MAX = 65536;
const SHARE_BYTES = 1120;
const WRAPPED_BYTES = 32;
const COLUMNS = 64;
const CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
export const FILE_BYTES_MAX = 14336;

/** Why a file is not sealed, not sent or not opened; `why` is a word that the page has a sentence for. */
export class LetterRefused extends Error {
  constructor(why) {
    super(why);
    this.why = why;
  }
}

/** How many recipients a file is sealed to. Throws LetterRefused: not an age file, or one of another kind of recipient. */
export function recipientsOf(data) {
  const lines = headerOf(data);
  let at = 1;
  let count = 0;
  while (lines[at] !== undefined && lines[at].startsWith("-> ")) {
    const [type, ...rest] = lines[at].slice(3).split(" ");
    if (type !== TYPE) throw new LetterRefused("mixed");
    let body = "";
    do {
      at += 1;
      if (lines[at] === undefined || lines[at].length > COLUMNS) throw new LetterRefused("not-sealed");
      body += lines[at];
    } while (lines[at].length === COLUMNS);
    if (rest.length !== 1 || lengthOf(rest[0]) !== SHARE_BYTES || lengthOf(body) !== WRAPPED_BYTES) {
      throw new LetterRefused("mixed");
    }
    count += 1;
    at += 1;
  }
  if (!count || at !== lines.length) throw new LetterRefused("not-sealed");
  return count;
}

/** The lines of a header, up to its MAC. */
function headerOf(data) {
  const text = Array.from(data.subarray(0, HEADER_BYTES_MAX), (byte) => String.fromCharCode(byte)).join("");
  const end = text.indexOf("\n--- ");
  if (!text.startsWith(`${FIRST}\n`) || end < 0) throw new LetterRefused("not-sealed");
  return text.slice(0, end).split("\n");
}

function lengthOf(base64) {
  if (!/^[A-Za-z0-9+/]*$/.test(base64)) throw new LetterRefused("not-sealed");
  return Math.floor((base64.length * 3) / 4);
}

/** Refuses a recipient that is not post-quantum. */
export function checkRecipient(text) {
  if (!/^age1pq1[a-z0-9]+$/.test(text)) throw new LetterRefused("classical");
  return text;
}

/** A principal's seed as age takes it (Bech32, BIP 173). */
export function identityOf(seed) {
  const prefix = "age-secret-key-pq-";
  const words = toWords(seed);
  const spread = [...Array.from(prefix, (x) => x.charCodeAt(0) >> 5), 0, ...Array.from(prefix, (x) => x.charCodeAt(0) & 31)];
  const check = checksum([...spread, ...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  const tail = [25, 20, 15, 10, 5, 0].map((shift) => (check >> shift) & 31);
  return `${prefix}1${[...words, ...tail].map((word) => CHARSET[word]).join("")}`.toUpperCase();
}

function toWords(bytes) {
  const words = [];
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; ) words.push((held >> (bits -= 5)) & 31);
    held &= (1 << bits) - 1;
  }
  if (bits) words.push((held << (5 - bits)) & 31);
  return words;
}

function checksum(words) {
  const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  let sum = 1;
  for (const word of words) {
    const top = sum >> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ word;
    for (let bit = 0; bit < 5; bit += 1) if ((top >> bit) & 1) sum ^= generators[bit];
  }
  return sum;
}
