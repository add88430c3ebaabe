// node verifier/verify.mjs DIR [--json]: the second check of the spec's vectors, sharing no code with the first.
//
// Exit 0 if every vector that is checked here was accepted or rejected as it says, 1 if one was not, 2 for a wrong use.
// Vectors of kinds that are not checked here are counted and named, never passed over in silence.
//
// node verifier/verify.mjs --lines: one vector a line on standard input, one word on each on standard output.

import { createInterface } from "node:readline";

import { Refused } from "./bytes.mjs";
import { CHECKS } from "./checks.mjs";
import { same } from "./plain.mjs";
import { Given, load } from "./vectors.mjs";

const NOT_CHECKED = "not checked here";

/** The word on a vector: `{ verdict, reject_as, facts }`, or null where its kind is not checked here. */
async function word(vector) {
  const check = CHECKS[vector.kind];
  if (check === undefined) return null;
  try {
    return { verdict: "accept", reject_as: "", facts: await check(vector.given, vector.kind) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { verdict: "reject", reject_as: error.reason, facts: error.facts, why: error.message };
  }
}

/** Where the word differs from the vector's own; "" where it does not. */
function difference(vector, said) {
  if (said === null) return NOT_CHECKED;
  const reason = vector.reject_as ?? "";
  if (said.verdict !== vector.verdict || said.reject_as !== reason) {
    return `${said.verdict} ${said.reject_as} (${said.why ?? ""}); it says ${vector.verdict} ${reason}`;
  }
  for (const [name, value] of Object.entries(vector.expected ?? {})) {
    if (!same(said.facts[name], value)) {
      return `${name} was read as ${JSON.stringify(said.facts[name])}; it says ${JSON.stringify(value)}`;
    }
  }
  return "";
}

async function checkAll(folder) {
  const results = [];
  for (const vector of load(folder)) {
    results.push({ ...vector, ...(await checked(vector)) });
  }
  return results;
}

/** What was said of one vector, and where that differs; a fault of this program is a difference like any other. */
async function checked(vector) {
  try {
    const said = await word(vector);
    return { said: said?.verdict ?? null, as: said?.reject_as ?? "", differs: difference(vector, said) };
  } catch (fault) {
    return { said: "fault", as: "", differs: `a fault here: ${fault.stack}` };
  }
}

function table(results) {
  const kinds = [...new Set(results.map((one) => one.kind))].sort();
  const count = (kind, holds) => results.filter((one) => one.kind === kind && holds(one)).length;
  const row = (kind, ...cells) => kind.padEnd(22) + cells.map((cell) => String(cell).padStart(8)).join("");
  const lines = kinds.map((kind) => {
    const unchecked = count(kind, (one) => one.differs === NOT_CHECKED);
    const [accept, reject] = ["accept", "reject"].map((verdict) => count(kind, (one) => one.verdict === verdict));
    return row(kind, accept, reject) + (unchecked ? `   ${NOT_CHECKED}` : "");
  });
  return [row("kind", "accept", "reject"), ...lines];
}

async function main([folder, ...flags]) {
  const results = await checkAll(folder);
  const unchecked = results.filter((one) => one.differs === NOT_CHECKED);
  const wrong = results.filter((one) => one.differs !== "" && one.differs !== NOT_CHECKED);
  if (flags.includes("--json")) {
    const files = results.map(({ file, said, as, differs }) => [file, { said, as, differs }]);
    const names = { not_checked: unchecked.map((one) => one.name), differ: wrong.map((one) => one.name) };
    console.log(JSON.stringify({ files: Object.fromEntries(files), ...names }));
  } else {
    for (const one of wrong) console.log(`${one.file}: ${one.differs}`);
    console.log(table(results).join("\n"));
    const agree = results.length - unchecked.length - wrong.length;
    const counts = `${agree} as they say, ${wrong.length} not, ${unchecked.length} ${NOT_CHECKED}`;
    console.log(`\n${results.length} vectors: ${counts}`);
  }
  return wrong.length === 0 ? 0 : 1;
}

async function lines() {
  for await (const line of createInterface({ input: process.stdin })) {
    const vector = JSON.parse(line);
    const said = await word({ ...vector, given: new Given(vector.input, new Map()) });
    console.log(said === null ? NOT_CHECKED : said.reject_as || "accept");
  }
  return 0;
}

// Node 20 calls Ed25519 in WebCrypto experimental, once, on standard error.
process.removeAllListeners("warning");
const words = process.argv.slice(2);
if (words.length === 0) {
  console.error("usage: node verifier/verify.mjs DIR [--json] | --lines");
  process.exitCode = 2;
} else {
  process.exitCode = await (words[0] === "--lines" ? lines() : main(words));
}
