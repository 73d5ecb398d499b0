import assert from "node:assert/strict";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Octopus } from "../../src/mod.ts";
import type { Json } from "../../src/base/words.ts";
import { root } from "../source-files.ts";

/** The plugins of `examples/plugins` do what their README says. */
const dir = mkdtempSync(join(tmpdir(), "octopus-example-plugins-"));
const site = createServer((request, response) => {
  response.statusCode = request.url === "/gone" ? 410 : 200;
  response.end("hello");
});
let octopus: Octopus;

before(async () => {
  cpSync(join(root, "examples", "plugins"), dir, { recursive: true });
  rmSync(join(dir, "README.md"));
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  octopus = await Octopus.open({ dataDir: ":memory:", plugins: dir });
});
after(async () => {
  await octopus.close();
  site.close();
  rmSync(dir, { recursive: true });
});

const call = async (name: string, ...args: Json[]) => {
  const task = await octopus.submit({ plugin: { name, args }, timeout: "40s" });
  const { state, error, attempts } = await task.wait(60_000);
  const text = octopus.engine.resultText(task.id);
  return { state, error, attempts, id: task.id, result: text === undefined ? undefined : (JSON.parse(text) as Json) };
};

test("site_check says how a site answers, and fails with words", async () => {
  const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  const { result, error } = await call("site_check", url);
  const { status, data } = result as { status: string; data: { bytes: number } };
  assert.deepEqual([status, data.bytes], ["success", 5], error?.message ?? "");
  const gone = await call("site_check", `${url}/gone`);
  assert.deepEqual([gone.state, gone.error?.message], ["failed", `${url}/gone answers 410, not 200`]);
  assert.equal((await call("site_check", `${url}/gone`, 410)).state, "succeeded");
  await assert.rejects(call("site_check", "no address"), /url/);
});

test("digest counts words, and leaves a table", async () => {
  const { result, error, id } = await call("digest", "a rose is a rose is a rose", 2);
  assert.deepEqual(result, { words: 8, first: ["a", "rose"] }, error?.message ?? "");
  const log = octopus.engine.logs(id, {})!.map(({ text }) => text);
  assert.match(log.join(""), /8 words, 3 of them different/);
});

test("tidy_names is a folder with a module of its own", async () => {
  const { result, state, error } = await call("tidy_names", ["Größe (neu).txt", "Groe neu.txt", "Groe-neu-.txt", "!"]);
  // Where no sandbox can be made, the task says so.
  if (state === "succeeded") assert.deepEqual(result, ["Groe-neu-.txt", "Groe-neu.txt", "Groe-neu-.txt-2", "unnamed"]);
  else assert.match(error!.message, /sandbox|network/);
});
