/** The routes of plugins: uploads, reads, removals, refusals; who may do what. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startWithAccess } from "./access/testing.ts";
import { startHarness } from "./testing/harness.ts";
import { pluginWorker, testFolder } from "./testing/plugins.ts";

const V1 = "/api/v1";
const put = (value: unknown): RequestInit => ({
  method: "PUT",
  body: JSON.stringify(value),
  headers: { "content-type": "application/json" },
});
const PYTHON = "def main(*args):\n    return {'status': 'success'}\n";

test("a plugin is uploaded, shown, read, changed and removed", async () => {
  await using folder = testFolder();
  await using h = await startHarness({ plugins: folder.door });
  await folder.open(h.engine);
  const worker = pluginWorker(h.engine);
  const files = [{ path: "x.py", text: PYTHON }];
  const first = await h.ask(`${V1}/plugins/report`, put({ files }));
  assert.deepEqual(
    [first.status, first.body.version, first.body.source, first.body.publishedBy],
    [200, 1, "upload", "local"],
  );
  assert.equal(readFileSync(join(folder.dir, "report.py"), "utf8"), PYTHON);
  const base64 = Buffer.from(`${PYTHON}\n`).toString("base64");
  const second = await h.ask(`${V1}/plugins/report`, put({ name: "report", files: [{ path: "main.py", base64 }] }));
  assert.equal(second.body.version, 2);
  worker.send({ type: "plugins", ready: [second.body.hash] });
  const { body: list } = await h.ask(`${V1}/plugins`);
  assert.deepEqual(
    [list.items[0].name, list.items[0].workers, list.problems],
    ["report", { ready: ["w"], failed: {}, coming: [], older: {} }, []],
  );
  const old = await h.ask(`${V1}/plugins/report/files/report.py?version=1`);
  assert.deepEqual([old.status, old.body, old.headers.get("content-type")], [200, PYTHON, "application/octet-stream"]);
  const missing = await h.ask(`${V1}/plugins/report/files/nope.py`);
  assert.match(missing.body.detail, /version 2 of report has no file "nope.py": there are report.py/);
  assert.match((await h.ask(`${V1}/plugins/report/files/report.py?version=9`)).body.detail, /there are 2, 1/);
  assert.match((await h.ask(`${V1}/plugins/reprot`)).body.detail, /did you mean report\?/);
  assert.equal((await h.ask(`${V1}/plugins/report`, { method: "DELETE" })).status, 204);
  assert.deepEqual([(await h.ask(`${V1}/plugins/report`)).status, readdirSync(folder.dir)], [404, []]);
  assert.equal((await h.ask(`${V1}/plugins/report`, { method: "DELETE" })).status, 404);
});

test("what is no plugin is refused with the field, and nothing is kept", async () => {
  await using folder = testFolder();
  await using h = await startHarness({ plugins: folder.door });
  await folder.open(h.engine);
  const wrong: [unknown, string, RegExp][] = [
    [{ files: [] }, "report", /files must hold at least one file/],
    [{ files: [{ path: "a.py" }] }, "report", /files\[0\] must have text or base64, and not both/],
    [{ files: [{ path: "a.py", text: "", base64: "" }] }, "report", /must have text or base64/],
    [{ files: [{ path: "a.py", base64: "###" }] }, "report", /files\[0\].base64/],
    [{ files: [{ path: "a.py", text: "" }], name: "other" }, "report", /name must be "report" as in the path/],
    [{ files: [{ path: "../a.py", text: "" }] }, "report", /must be a path below the plugin/],
    [{ files: [{ path: "a.txt", text: "" }] }, "report", /report has no entry/],
    [{ files: [{ path: "a.py", text: "" }] }, "1st", /"1st" is no name of a plugin/],
    [{ files: [{ path: "a.py", text: "" }] }, "..%2fx", /is no name of a plugin/],
    [{ fils: [{ path: "a.py", text: "" }] }, "report", /unknown key "fils" \(did you mean files\?\)/],
    [{ files: [{ path: "a.py", text: "# /// octopus\n# x: 1\n# ///" }] }, "report", /unknown key "x"/],
    // A key that is known elsewhere is no misspelling of itself.
    [{ files: [{ path: "a.py", text: "# /// octopus\n# inputs: 1\n# ///" }] }, "report", /unknown key "inputs"$/],
  ];
  for (const [body, name, form] of wrong) {
    const answer = await h.ask(`${V1}/plugins/${name}`, put(body));
    assert.equal(answer.status, 422, JSON.stringify(body));
    assert.match(answer.body.detail, form);
  }
  assert.deepEqual([readdirSync(folder.dir), h.engine.plugins.list()], [[], []]);
});

test("without a folder there is nowhere to keep one", async () => {
  await using h = await startHarness();
  const answer = await h.ask(`${V1}/plugins/report`, put({ files: [{ path: "a.py", text: "" }] }));
  assert.deepEqual([answer.status, /no folder of plugins/.test(answer.body.detail)], [409, true]);
});

test("admins add and remove, viewers look, workers fetch contents; it is audited", async () => {
  await using folder = testFolder();
  await using h = await startWithAccess({}, { plugins: folder.door });
  await folder.open(h.engine);
  const body = { files: [{ path: "x.py", text: PYTHON }] };
  const roles = ["viewer", "submitter", "operator", "worker"] as const;
  for (const role of roles) {
    const { secret: token } = await h.token(role);
    assert.equal((await h.as(token, "PUT", `${V1}/plugins/report`, body)).status, 403, role);
    assert.equal((await h.as(token, "DELETE", `${V1}/plugins/report`)).status, 403, role);
  }
  assert.deepEqual(readdirSync(folder.dir), []);
  const admin = await h.token("admin");
  const made = await h.as(admin.secret, "PUT", `${V1}/plugins/report`, body);
  assert.deepEqual([made.status, made.body.publishedBy], [200, admin.id]);
  const viewer = await h.token("viewer");
  assert.equal((await h.as(viewer.secret, "GET", `${V1}/plugins`)).body.items.length, 1);
  const worker = await h.token("worker");
  const [{ sha256 }] = made.body.versions[0].files;
  assert.equal((await h.as(worker.secret, "GET", `${V1}/artifacts/${sha256}`)).body, PYTHON);
  assert.equal((await h.as(worker.secret, "GET", `${V1}/plugins/report`)).status, 403);
  assert.equal((await h.as(admin.secret, "DELETE", `${V1}/plugins/report`)).status, 204);
  const rows = await h.rows({ action: "plugin" });
  assert.deepEqual(
    rows.map(({ action, subject, outcome, who }) => [action, subject, outcome, who === admin.id]),
    [
      ["plugin.delete", "report", "done", true],
      ["plugin.set", "report", "done", true],
    ],
  );
});
