import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { defaultStateDir, lockStateDir } from "./state-folder.ts";
import { TrustedServers } from "./trusted-servers.ts";

const folder = mkdtempSync(join(tmpdir(), "octopus-state-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test(
  "a folder is where the system keeps state, and a name cannot lead out of it",
  { skip: process.platform === "win32" },
  () => {
    assert.equal(defaultStateDir("w", undefined, { XDG_STATE_HOME: "/s" }), "/s/octopus/workers/w");
    assert.equal(defaultStateDir("a/../b", undefined, { HOME: "/h" }), "/h/.local/state/octopus/workers/a%2F..%2Fb");
  },
);

test(
  "where the system makes no folders, the worker says so and does not try for ever",
  { skip: process.platform !== "linux" },
  () => {
    assert.throws(() => lockStateDir("/proc/nowhere/w", "w"), /the state folder .* cannot be used: .*--dir/);
  },
);

test("one process has the folder; a killed one leaves it to the next", async () => {
  const dir = join(folder, "held");
  const script = `
    import { lockStateDir } from ${JSON.stringify(join(import.meta.dirname, "state-folder.ts"))};
    lockStateDir(${JSON.stringify(dir)}, "w");
    setInterval(() => undefined, 1000);
    console.log("held");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  assert.throws(
    () => lockStateDir(dir, "w"),
    new RegExp(`another worker named w runs on this machine \\(process ${child.pid},`),
  );
  child.kill("SIGKILL");
  await once(child, "exit");
  const unlock = lockStateDir(dir, "w");
  unlock();
  assert.equal(existsSync(join(dir, "lock")), false);
});

test("a lock whose number belongs to another process by now, or that holds rubbish, is none", () => {
  const dir = join(folder, "stale");
  lockStateDir(dir, "w")();
  for (const text of ["1 99999999999", "rubbish", "", `${process.pid} 1`]) {
    writeFileSync(join(dir, "lock"), text);
    lockStateDir(dir, "w")();
  }
});

test("a stale lock is removed by one process at a time, and one that died over it holds nobody up", async () => {
  const dir = join(folder, "removal");
  lockStateDir(dir, "w")();
  const removal = join(dir, "lock.removal");
  writeFileSync(join(dir, "lock"), "999999999 1\n");
  writeFileSync(removal, "");
  const script = `
    import { lockStateDir } from ${JSON.stringify(join(import.meta.dirname, "state-folder.ts"))};
    console.log("waits");
    lockStateDir(${JSON.stringify(dir)}, "w");
    console.log("held");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (bytes: Buffer) => (said += bytes.toString()));
  await once(child.stdout, "data");
  // Somebody else removes it: this one keeps its hands off meanwhile.
  assert.equal(readFileSync(join(dir, "lock"), "utf8"), "999999999 1\n");
  const before = Date.now() / 1000 - 60;
  utimesSync(removal, before, before);
  await once(child, "exit");
  assert.equal(said, "waits\nheld\n");
});

test("a folder that cannot be made is named, with what to do", () => {
  writeFileSync(join(folder, "file"), "");
  assert.throws(
    () => lockStateDir(join(folder, "file/below"), "w"),
    /file\/below of this worker cannot be used: .*--dir/,
  );
});

test("servers are trusted by their fingerprint, and those without one by what they call themselves", () => {
  const trusted = new TrustedServers(join(folder, "trust"));
  const [one, two] = ["1".repeat(64), "2".repeat(64)];
  assert.deepEqual(trusted.list(), []);
  trusted.remember({ fingerprint: one, urls: ["https://a:1"], cluster: "c", name: "n" });
  trusted.remember({ fingerprint: null, urls: ["http://b:1"], cluster: "p" });
  const find = (fingerprint: string | null, cluster: string, url: string) =>
    trusted.find({ fingerprint, cluster, urls: [url] }) !== undefined;
  assert.deepEqual(
    [
      find(one, "x", "https://z"),
      find(two, "c", "https://a:1"),
      find(null, "c", "https://a:1"),
      find(null, "p", "http://q"),
    ],
    [true, false, false, true],
  );
  assert.equal(trusted.at("https://a:1")?.fingerprint, one);
  trusted.remember({ fingerprint: one, urls: ["https://c:1"] });
  assert.deepEqual(
    trusted.list().map(({ urls }) => urls[0]),
    ["https://c:1", "http://b:1"],
  );
  writeFileSync(join(folder, "trust/servers.json"), "[{}, 7");
  assert.deepEqual(trusted.list(), []);
});
