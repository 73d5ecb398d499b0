/**
 * Two rounds of a soak, so that partitions are tried with every change: a leader that is cut off from the log, and one that
 * its workers cannot reach. More faults, and longer: `npm run soak`.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { join } from "node:path";
import { noNamespaces } from "../fleet/network.ts";
import { withoutNats } from "../nats/server.ts";
import { root } from "../source-files.ts";

/** With it, each of the two is drawn once. */
const SEED = "4";
const FAULTS = "between the leader and what is shared,between the leader and the workers";

test(
  "a leader is cut off from the log, and one from its workers",
  { skip: withoutNats() ?? noNamespaces() },
  async () => {
    const words = ["--backend", "nats", "--rounds", "2", "--seed", SEED, "--only", FAULTS];
    const child = spawn(process.execPath, [join(root, "test/soak/main.ts"), ...words], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (said += text));
    const [code] = (await once(child, "close")) as [number | null];
    assert.equal(code, 0, said);
    assert.match(said, /2 rounds were well/);
    for (const fault of FAULTS.split(",")) assert.ok(said.includes(`1 × a partition ${fault}`), said);
  },
);
