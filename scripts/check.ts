/** `npm run check`: everything that can be said of the source without running its tests. Prints what failed, and notes. */
import { runChecks } from "./checks.ts";

const results = await runChecks();
for (const note of results.flatMap(({ notes }) => notes)) console.log(`note: ${note}`);
const failed = results.filter(({ ok }) => !ok);
for (const { name, output } of failed) console.error(`\n--- ${name} ---\n${output.trim()}`);
if (failed.length === 0) console.log("Format, lint, types, layers and unused code: all fine.");
else console.error(`\n${failed.length} failed: ${failed.map(({ name }) => name).join(", ")}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
