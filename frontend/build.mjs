// Bundles the console's parts from npm into src/openline/console/static/built, which git ignores and the wheel carries.
// Each bundle is one file of ours that says what it takes from npm; esbuild gives the same bytes for the same lock.

import { build } from "esbuild";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = `${here}../src/openline/console/static/built`;

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: { age: "age.js", keyfile: "keyfile.js" },
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2023",
  outdir: out,
  legalComments: "none",
});
// htmx and its extension are classic scripts that find each other by name; they are served as they come.
const htmx = `${here}node_modules/htmx.org/dist`;
await copyFile(`${htmx}/htmx.min.js`, `${out}/htmx.js`);
await copyFile(`${htmx}/ext/hx-csp.min.js`, `${out}/hx-csp.js`);
