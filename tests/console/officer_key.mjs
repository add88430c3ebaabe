// Runs what the page runs, under Node: reads one JSON request a line, answers one a line.

import { createInterface } from "node:readline";
import { KINDS, readAct } from "./acts.js";
import { decode, encodeNumber, fromHex, toHex } from "./cbor.js";
import { importSeed, officerMessage, openKeyFile, sha256, sign } from "./officer-key.js";

const answers = {
  async message({ accord, side, body, officer, counter }) {
    const message = officerMessage(fromHex(accord), side, fromHex(body), officer, counter);
    return { message: toHex(message), digest: toHex(await sha256(message)) };
  },
  async open({ file, passphrase }) {
    const { name, seed } = await openKeyFile(fromHex(file), passphrase);
    const { key, publicKey } = await importSeed(seed);
    const signature = toHex(await sign(key, new TextEncoder().encode("a message")));
    const wiped = seed.every((byte) => byte === 0);
    return { name, publicKey: toHex(publicKey), signature, extractable: key.extractable, wiped };
  },
  read: ({ body, words, lines }) => readAct(fromHex(body), words, lines),
  kinds: () => KINDS,
  number: ({ number }) => toHex(encodeNumber(BigInt(number))),
  decodes({ data }) {
    decode(fromHex(data));
    return true;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let answer;
  try {
    answer = { found: await answers[asked.do](asked) };
  } catch (error) {
    answer = { refused: error.why ?? error.constructor.name };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
