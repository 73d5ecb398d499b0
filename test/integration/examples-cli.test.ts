/** The examples as a person runs them: `octopus up` with their functions, and `octopus run` from another process. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { RunDetail } from "../../src/protocol/run-views.ts";
import { Place } from "./place.ts";

const examples = join(import.meta.dirname, "..", "..", "examples");
/** Those that need nothing beside them. */
const NAMES = ["backup", "ci", "earthquakes", "etl", "log-rotation", "order", "train", "words"];
const place = new Place();

before(() => {
  const functions = NAMES.map((name) => join(examples, name, "functions.ts")).filter((file) => existsSync(file));
  return place.serve(
    "up",
    functions.flatMap((file) => ["--functions", file]),
  );
});
after(() => place.close());

for (const name of NAMES) {
  test(`octopus run of the example ${name} writes the expected report`, async () => {
    const work = join(place.dir, name);
    const { code, out, err } = await place.run([
      "run",
      join(examples, name, "workflow.yaml"),
      "-p",
      `work=${work}`,
      "-o",
      "json",
    ]);
    assert.equal(code, 0, err + out);
    const run = JSON.parse(out) as RunDetail;
    assert.equal(run.state, "succeeded");
    assert.equal(
      readFileSync(join(work, run.id, "report.txt"), "utf8"),
      readFileSync(join(examples, name, "expected", "report.txt"), "utf8"),
    );
  });
}
