// Vector files, and the bytes that their fields stand for (spec/vectors/README.md).

import { readFileSync, readdirSync } from "node:fs";
import { join as path } from "node:path";

import { fromHex, join } from "./bytes.mjs";

const VERDICTS = ["accept", "reject"];

/** The fields of one vector's input. A field of bytes is hex, or a reference to a field of another vector. */
export class Given {
  constructor(input, inputs) {
    this.input = input;
    this.inputs = inputs;
  }

  has = (field) => Object.hasOwn(this.input, field);
  hex = (text) => fromHex(text);
  bytes = (field) => resolve(this.field(field), this.inputs, 8);
  allBytes = (field) => this.list(field).map((item) => resolve(item, this.inputs, 8));
  list = (field) => this.of(field, Array.isArray);
  number = (field) => this.of(field, Number.isSafeInteger);
  text = (field) => this.of(field, (value) => typeof value === "string");

  field(field) {
    if (!this.has(field)) throw new TypeError(`its input lacks ${field}`);
    return this.input[field];
  }

  of(field, holds) {
    const value = this.field(field);
    if (!holds(value)) throw new TypeError(`${field} is of another type`);
    return value;
  }
}

function resolve(value, inputs, deep) {
  if (typeof value === "string") return fromHex(value);
  if (deep === 0) throw new TypeError("references that do not end");
  return edited(resolve(inputs.get(value.of)[value.field], inputs, deep - 1), value.edits ?? []);
}

function edited(data, edits) {
  const parts = [];
  let done = 0;
  for (const [at, cut, put] of edits) {
    if (at < done || at + cut > data.length) throw new RangeError("edits that overlap or are outside");
    parts.push(data.subarray(done, at), fromHex(put));
    done = at + cut;
  }
  return join(...parts, data.subarray(done));
}

/** Every vector below a folder, in order of its path. */
export function load(folder) {
  const names = (verdict) => readdirSync(path(folder, verdict)).filter((name) => name.endsWith(".json"));
  const paths = VERDICTS.flatMap((verdict) => names(verdict).sort().map((name) => `${verdict}/${name}`));
  const files = paths.map((file) => ({ file, ...JSON.parse(readFileSync(path(folder, file), "utf8")) }));
  const inputs = new Map(files.map((vector) => [vector.name, vector.input]));
  for (const vector of files) {
    const own = `${vector.verdict}/${vector.name}.json`;
    if (own !== vector.file) throw new TypeError(`${vector.file} calls itself ${own}`);
    vector.given = new Given(vector.input, inputs);
  }
  return files;
}
