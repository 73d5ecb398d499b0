/** Files that commands leave, with real processes: a server that dies before it has them, and one that refuses some. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { LogLine, Page, TaskDetail } from "../../src/protocol/views.ts";
import { Place, type Started, until } from "./place.ts";

const place = new Place({ OCTOPUS_LIMITS_ARTIFACT: "1MiB", OCTOPUS_LINK_LEASE: "60s" });
let server: Started;

before(async () => {
  server = await place.serve("server");
  place.start(["worker", "--server", place.url, "--name", "w"]);
});
after(() => place.close());

test("files reach a server that was killed before the command ended, and those too large are told of", async () => {
  const command = `cd "$OCTOPUS_ARTIFACTS" && head -c 900000 /dev/zero > zeros && head -c 30000000 /dev/zero > huge &&
    echo small > small && touch "${place.dir}/written" && until test -e "${place.dir}/go"; do sleep 0.05; done`;
  await place.call("POST", "/tasks", { id: "files", shell: command });
  await until("the command has written its files", () => existsSync(join(place.dir, "written")));
  server.child.kill("SIGKILL");
  await server.end;
  writeFileSync(join(place.dir, "go"), "");
  await until(
    "the command has ended",
    () => !place.processes().some(({ command: line }) => line.startsWith("/bin/sh")),
  );
  server = await place.serve("server");
  const task = await until("the task has ended", async () => {
    const { body } = await place.call<TaskDetail>("GET", "/tasks/files");
    return body.endedAt !== undefined && body;
  });
  assert.deepEqual(
    task.attempts.map(({ outcome }) => outcome),
    ["succeeded"],
  );
  const sha256 = (content: Buffer | string): string => createHash("sha256").update(content).digest("hex");
  assert.deepEqual(task.artifacts, [
    { path: "small", bytes: 6, sha256: sha256("small\n"), attempt: 1 },
    { path: "zeros", bytes: 900_000, sha256: sha256(Buffer.alloc(900_000)), attempt: 1 },
  ]);
  const { body: log } = await place.call<Page<LogLine>>("GET", "/tasks/files/logs");
  assert.match(log.items.map(({ text }) => text).join(""), /not kept of the files in OCTOPUS_ARTIFACTS: huge: /);
  const got = await place.run(["artifacts", "get", "files", "small", "--to", "-"]);
  assert.deepEqual([got.code, got.out], [0, "small\n"]);
  assert.deepEqual(readdirSync(join(place.data, "artifacts", "incoming")), [], "no draft is left behind");
  const { code, err } = await place.run(["doctor", "--data", place.data]);
  assert.equal(code, 0, err);
});
