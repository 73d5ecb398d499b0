/** `node scripts/run.mjs FILE [ARGUMENT...]`: runs a TypeScript file of the repository, installing what is missing first. */
import { resolve } from "node:path";
import { root } from "./install.mjs";
import { runSource } from "./launch.mjs";

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write(
    "Which file? Usage: node scripts/run.mjs FILE [ARGUMENT...], FILE relative to the repository.\n",
  );
  process.exitCode = 2;
} else {
  await runSource(resolve(root, file), args);
}
