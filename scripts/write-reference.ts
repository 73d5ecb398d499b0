/** Writes the reference pages that follow from the program: `node scripts/write-reference.ts`. Tests check them fresh. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cliReference } from "../src/cli/reference.ts";
import { configReference } from "../src/config/reference.ts";
import { workflowReference, workflowSchema } from "../src/workflow/mod.ts";

const folder = join(import.meta.dirname, "../docs/reference");
writeFileSync(join(folder, "cli.md"), cliReference());
writeFileSync(join(folder, "config.md"), configReference());
writeFileSync(join(folder, "workflow.md"), workflowReference());
writeFileSync(join(folder, "workflow.schema.json"), `${JSON.stringify(workflowSchema(), null, 2)}\n`);
