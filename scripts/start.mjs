/** `npm start [-- OPTION...]`: sets up what is missing, then `octopus up` with the example's functions at hand. */
import { join } from "node:path";
import { root } from "./install.mjs";
import { runSource } from "./launch.mjs";

const functions = join(root, "examples", "etl", "functions.ts");
await runSource(join(root, "src", "cli", "main.ts"), ["up", "--functions", functions, ...process.argv.slice(2)]);
