/** The cache of plugins on a worker, with real folders, a real server of files, and disks that are full. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { PluginCopy } from "../../protocol/plugin.ts";
import type { FetchFile } from "../inputs/fetch-file.ts";
import { fetchOverHttp } from "../inputs/fetch-http.ts";
import { ServerAccess } from "../reach/server-access.ts";
import { copyOf, fetchPlugin } from "../runners/testing.ts";
import { COPIES_MAX, PluginCopies } from "./copies.ts";

const scratch = mkdtempSync(join(tmpdir(), "octopus-copies-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
const { signal } = new AbortController();
let folders = 0;

/** A cache, and what it told the server. */
function cache(fetch: FetchFile = fetchPlugin, dir = join(scratch, String(++folders))) {
  const told: { ready: readonly string[]; failed: Readonly<Record<string, string>> }[] = [];
  const copies = new PluginCopies({ dir, fetch, tell: (ready, failed) => void told.push({ ready, failed }) });
  return { copies, dir, told };
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 10_000; !isSo(); await wait(5)) assert.ok(Date.now() < end, what);
}

test("a plugin is fetched once, lies in a folder of its own, and is still there after a restart", async () => {
  let fetched = 0;
  const counting: FetchFile = async (...given) => {
    fetched++;
    await fetchPlugin(...given);
  };
  const { copies, dir } = cache(counting);
  const copy = copyOf({ "main.py": "a", "lib/part.py": "b" });
  const taken = await Promise.all(Array.from({ length: 5 }, () => copies.take(copy, { signal })));
  assert.equal(new Set(taken.map(({ folder }) => folder)).size, 1);
  assert.equal(fetched, 2);
  const { folder } = taken[0]!;
  assert.equal(readFileSync(join(folder, "lib/part.py"), "utf8"), "b");
  for (const each of taken) each.release();
  copies.close();
  const again = cache(counting, dir);
  assert.equal((await again.copies.take(copy, { signal })).folder, folder);
  assert.equal(fetched, 2);
});

test("a file that was changed or lost on disk is fetched anew before it is run", async () => {
  const { copies } = cache();
  const copy = copyOf({ "main.py": "right", "more.py": "also" });
  const { folder } = await copies.take(copy, { signal });
  const spoil = [
    () => {
      chmodSync(join(folder, "main.py"), 0o600);
      writeFileSync(join(folder, "main.py"), "wrong");
    },
    () => rmSync(join(folder, "more.py")),
    () => rmSync(folder, { recursive: true }),
  ];
  for (const each of spoil) {
    each();
    await copies.take(copy, { signal });
    assert.equal(readFileSync(join(folder, "main.py"), "utf8"), "right");
    assert.equal(readFileSync(join(folder, "more.py"), "utf8"), "also");
  }
});

test("what an interrupted worker left half-written is removed, and is not taken for a plugin", async () => {
  const { copies, dir } = cache();
  const copy = copyOf({ "main.py": "x" });
  mkdirSync(join(dir, `${copy.hash}.99.part`), { recursive: true });
  writeFileSync(join(dir, `${copy.hash}.99.part`, "main.py"), "ha");
  const { folder } = await copies.take(copy, { signal });
  assert.equal(readFileSync(join(folder, "main.py"), "utf8"), "x");
  assert.deepEqual(readdirSync(dir), [copy.hash]);
});

test("paths lead nowhere else", async () => {
  const { copies, dir } = cache();
  const file = { sha256: "a".repeat(64), bytes: 1 };
  for (const path of ["../up.py", "/etc/x", "a//b", "", "a/../../b", "a\\..\\b", "nul\0", "c:x"]) {
    const copy: PluginCopy = { ...copyOf({ "x.py": "x" }), files: [{ path, ...file }] };
    await assert.rejects(copies.take(copy, { signal }), /is no relative path/, path);
  }
  await assert.rejects(copies.take({ ...copyOf({ "x.py": "x" }), hash: "../x" }, { signal }), /its hash is none/);
  assert.equal(existsSync(dir), false);
});

test("all that the server has is fetched ahead, and the server is told of it", async () => {
  const failing: FetchFile = (file, ...rest) =>
    file.path === "bad.py" ? Promise.reject(new Error("it came broken")) : fetchPlugin(file, ...rest);
  const { copies, told } = cache(failing);
  const good = copyOf({ "good.py": "x" });
  const bad = copyOf({ "bad.py": "x" });
  copies.offer([good, bad]);
  await until(() => told.at(-1)?.failed[bad.hash] !== undefined, "it says what it could not get");
  assert.deepEqual(told.at(-1), { ready: [good.hash], failed: { [bad.hash]: "it came broken" } });
  const newer = copyOf({ "good.py": "y" });
  copies.offer([newer]);
  await until(() => told.at(-1)!.ready.includes(newer.hash), "the newer one is there");
  assert.deepEqual(told.at(-1), { ready: [newer.hash], failed: {} });
});

test("of those that nobody uses, the ones that were used last stay", async () => {
  const { copies, dir } = cache();
  const held = await copies.take(copyOf({ "held.py": "held" }), { signal });
  const first = copyOf({ "first.py": "first" });
  (await copies.take(first, { signal })).release();
  for (let i = 0; i < COPIES_MAX; i++) (await copies.take(copyOf({ "x.py": `${i}` }), { signal })).release();
  assert.equal(readdirSync(dir).length, COPIES_MAX);
  assert.ok(existsSync(held.folder));
  assert.ok(!existsSync(join(dir, first.hash)));
});

test("a server that is away is waited for, and says so; whoever has to stop waits no longer", async () => {
  const text = "def main(): pass\n";
  const copy = copyOf({ "away.py": text });
  const serve: RequestListener = (_, response) => response.end(text);
  const server = createServer(serve).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const url = `http://127.0.0.1:${port}`;
  const { copies } = cache(fetchOverHttp(new ServerAccess({ urls: [url] })));
  const said: string[] = [];
  const stopping = new AbortController();
  const waiting = copies.take(copy, { signal, onWait: (why) => said.push(why) });
  const stopped = copies.take(copy, { signal: stopping.signal });
  await until(() => said.length > 0, "it says that it waits");
  stopping.abort(new Error("cancelled"));
  await assert.rejects(stopped, /cancelled/);
  const back = createServer(serve).listen(port, "127.0.0.1");
  await once(back, "listening");
  try {
    assert.equal(readFileSync(join((await waiting).folder, "away.py"), "utf8"), text);
  } finally {
    back.closeAllConnections();
    await new Promise((resolve) => back.close(resolve));
  }
});

test("a plugin that the server has removed says so", async () => {
  const server = createServer((_, response) => response.writeHead(404).end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { copies } = cache(fetchOverHttp(new ServerAccess({ urls: [url] })));
  await assert.rejects(
    copies.take(copyOf({ "gone.py": "x" }, { version: 7 }), { signal }),
    /the server does not keep gone\.py of the plugin gone \(version 7\) any more: it was removed/,
  );
  server.closeAllConnections();
  server.close();
});

test("a disk that is full is told with its folder, and nothing half-written stays", { skip: !canMount() }, async () => {
  const disk = join(scratch, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]);
  try {
    const { copies } = cache(fetchPlugin, join(disk, "plugins"));
    const large = copyOf({ "large.py": "x".repeat(200_000) });
    await assert.rejects(
      copies.take(large, { signal }),
      (error: Error & { retryable: boolean }) =>
        error.retryable && /the plugin large could not be written to .*: ENOSPC.*; make room there/.test(error.message),
    );
    assert.deepEqual(readdirSync(join(disk, "plugins")), []);
    assert.ok((await copies.take(copyOf({ "small.py": "x" }), { signal })).folder);
  } finally {
    execFileSync("umount", [disk]);
  }
});

/** As root, where the kernel allows it. */
function canMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  try {
    execFileSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", tmpdir()], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
