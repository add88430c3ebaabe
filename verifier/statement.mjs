// Statements that both sides publish (spec 3.9): the text taken apart line by line, and the four signatures.

import { badSignature, join, malformed, prefix, toHex, utf8 } from "./bytes.mjs";
import { TEXTS } from "./bodies.mjs";
import { verify } from "./ed25519.mjs";
import { verify44 } from "./mldsa.mjs";
import { ED25519, STATEMENT_MLDSA44, keyName, parse, signaturesBy } from "./note.mjs";

const SENTENCE = "Valid only with the signatures of both sides.";
const LANGUAGE = /^([A-Za-z0-9-]{1,64}) ([1-9][0-9]*)$/;

/** What the text of a statement of this accord says: its kind and texts. */
export function read(text, accord) {
  const lines = text.split("\n");
  const [first, second, third, fourth, ...rest] = lines;
  const kind = /^openline\/(announcement|minute)\/1$/.exec(first)?.[1];
  const sides = accord.sides.map((side) => keyName(side.name)).join(" ");
  const head = kind !== undefined && second === `accord ${toHex(accord.id)}` && third === `sides ${sides}`;
  if (!head || fourth !== SENTENCE || rest.pop() !== "") throw malformed("not the text of a statement of this accord");
  return { kind, texts: TEXTS(versions(rest)) };
}

function versions(lines) {
  const texts = [];
  for (let at = 0; at < lines.length; ) {
    const found = LANGUAGE.exec(lines[at + 1] ?? "");
    const count = Number(found?.[2]);
    const fits = lines[at] === "" && found !== null && at + 2 + count <= lines.length;
    if (!fits) throw malformed("a count of lines that does not fit");
    texts.push([found[1], lines.slice(at + 2, at + 2 + count).join("\n")]);
    at += 2 + count;
  }
  return texts;
}

/** The statement in a published file, once all four keys have signed it. */
export async function readPublished(data, accord) {
  const note = parse(data);
  const statement = read(note.text, accord);
  for (const side of accord.sides) {
    const name = keyName(side.name);
    for (const signature of await present(note, name, ED25519, side.announce_ed25519)) {
      await verify(side.announce_ed25519, utf8(note.text), signature, `${side.name}'s Ed25519 signature`);
    }
    const message = join(prefix("statement"), utf8(`${name}\n${note.text}`));
    for (const signature of await present(note, name, STATEMENT_MLDSA44, side.announce_mldsa44)) {
      verify44(side.announce_mldsa44, message, signature);
    }
  }
  return statement;
}

async function present(note, name, type, key) {
  const found = await signaturesBy(note, name, type, key);
  if (found.length === 0) throw badSignature(`a signature of ${name} is missing`);
  return found;
}
