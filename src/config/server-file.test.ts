/** The file by which commands find the server of their machine. */
import assert from "node:assert/strict";
import { chownSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readServerFile, removeServerFile, writeServerFile } from "./server-file.ts";

const dir = mkdtempSync(join(tmpdir(), "octopus-server-file-"));
after(() => rmSync(dir, { recursive: true }));
const file = { url: "http://127.0.0.1:8000", pid: process.pid, token: "octo_x", workerToken: "octo_w" };

test("it is for its owner alone, and gone with its process or when it is removed", () => {
  writeServerFile(dir, file);
  if (process.platform !== "win32") assert.equal(statSync(join(dir, "server.json")).mode & 0o777, 0o600);
  assert.deepEqual(readServerFile(dir), file);
  writeServerFile(dir, { ...file, pid: 2 ** 30 });
  assert.equal(readServerFile(dir), undefined);
  removeServerFile(dir);
  assert.equal(readServerFile(dir), undefined);
});

const isRoot = process.getuid?.() === 0;
test("one that another user has laid there is not believed", { skip: !isRoot && "only root gives files away" }, () => {
  writeServerFile(dir, file);
  chownSync(join(dir, "server.json"), 4711, 4711);
  assert.deepEqual(readServerFile(dir, 4711), file);
  assert.equal(readServerFile(dir, 4712), undefined);
  chownSync(join(dir, "server.json"), 0, 0);
  assert.deepEqual(readServerFile(dir, 4712), file);
});
