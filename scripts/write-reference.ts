/** Writes the reference pages that follow from the program: `node scripts/write-reference.ts`. Tests check them fresh. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cliReference } from "../src/cli/reference.ts";
import { configReference } from "../src/config/reference.ts";

const folder = join(import.meta.dirname, "../docs/reference");
writeFileSync(join(folder, "cli.md"), cliReference());
writeFileSync(join(folder, "config.md"), configReference());
