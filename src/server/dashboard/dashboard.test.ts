/** The dashboard's files over HTTP: which address is which file, what is cached, and what no address leads to. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { startWithAccess } from "../access/testing.ts";
import { type Harness, startHarness } from "../testing/harness.ts";

const root = mkdtempSync(join(tmpdir(), "octopus-dashboard-"));
after(() => rmSync(root, { recursive: true }));

const PAGE = '<!doctype html><html lang="en"><title>Octopus</title></html>\n';
const SCRIPT = `export const big = "${"x".repeat(200_000)}";\n`;

/** A folder as the build leaves it, with a secret beside it. */
function built(): string {
  const folder = mkdtempSync(join(root, "web-"));
  mkdirSync(join(folder, "assets"));
  mkdirSync(join(folder, ".vite"));
  writeFileSync(join(folder, "index.html"), PAGE);
  writeFileSync(join(folder, "octopus.svg"), "<svg/>");
  writeFileSync(join(folder, ".vite/manifest.json"), "{}");
  writeFileSync(join(folder, "assets/app-abc123.js"), SCRIPT);
  writeFileSync(join(folder, "assets/app-abc123.js.br"), brotliCompressSync(SCRIPT));
  writeFileSync(join(folder, "assets/app-abc123.js.gz"), gzipSync(SCRIPT));
  writeFileSync(join(folder, "assets/Plain.css"), "a{}");
  writeFileSync(join(root, "secret.js"), "secret");
  return folder;
}

/** As sent: `fetch` decodes, follows and tidies paths. */
async function get(server: Harness, path: string, headers: Record<string, string> = {}, method = "GET") {
  const lines = Object.entries({ host: `127.0.0.1:${server.port}`, connection: "close", ...headers });
  const text = await server.raw(
    `${method} ${path} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join("")}\r\n`,
  );
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [first = "", ...fields] = head.split("\r\n");
  const found = new Map(fields.map((line) => [line.split(": ", 1)[0]!.toLowerCase(), line.replace(/^[^:]*: /, "")]));
  return { status: Number(first.split(" ")[1]), headers: found, body: rest.join("\r\n\r\n") };
}

test("a browser at the root is sent to the dashboard, a program is not", async () => {
  await using server = await startHarness({ dashboard: built() });
  const browser = await get(server, "/", { accept: "text/html,application/xhtml+xml;q=0.9" });
  assert.deepEqual([browser.status, browser.headers.get("location")], [302, "./ui/"]);
  assert.equal((await get(server, "/?x=1", { accept: "text/html" })).status, 302);
  assert.equal((await get(server, "/", { accept: "*/*" })).status, 200);
  assert.equal((await get(server, "/")).status, 200);
  assert.equal((await get(server, "/favicon.ico")).headers.get("location"), "./ui/octopus.svg");
  const bare = await get(server, "/ui?state=failed");
  assert.deepEqual([bare.status, bare.headers.get("location")], [302, "./ui/?state=failed"]);
});

test("every address below /ui/ that is no file is the page, and is asked for anew", async () => {
  await using server = await startHarness({ dashboard: built() });
  for (const path of [
    "/ui/",
    "/ui/tasks/t1?tab=log",
    "/ui/workflows/etl.v2",
    "/ui/%E0%A4%A",
    "/ui/a//b",
    "/ui/.stamp",
  ]) {
    const { status, headers, body } = await get(server, path);
    assert.equal(status, 200, path);
    assert.equal(body, PAGE, path);
    assert.equal(headers.get("cache-control"), "no-cache");
    const again = await get(server, path, { "if-none-match": headers.get("etag")! });
    assert.deepEqual([again.status, again.body], [304, ""], path);
  }
  const stale = await get(server, "/ui/", { "if-none-match": '"another"' });
  assert.equal(stale.status, 200);
  assert.equal((await get(server, "/uix")).status, 404);
});

test("the page names its files from where it is shown, so that any prefix before it does", async () => {
  const folder = built();
  writeFileSync(join(folder, "index.html"), '<script src="./theme.js"></script><link href="./assets/a.css">');
  await using server = await startHarness({ dashboard: folder });
  for (const [path, up] of [
    ["/ui/", "./"],
    ["/ui/index.html", "./"],
    ["/ui/tasks?q=a/b", "./"],
    ["/ui/tasks/t1", "../"],
    ["/ui/a//b", "../../"],
  ] as const) {
    const { status, headers, body } = await get(server, path);
    assert.equal(body, `<script src="${up}theme.js"></script><link href="${up}assets/a.css">`, path);
    assert.deepEqual([status, headers.get("cache-control")], [200, "no-cache"]);
    assert.equal((await get(server, path, { "if-none-match": headers.get("etag")! })).status, 304, path);
  }
});

test("files are sent as they lie there, in the encoding that is taken, and kept for ever where their name tells them", async () => {
  await using server = await startHarness({ dashboard: built() });
  const path = "/ui/assets/app-abc123.js";
  const plain = await get(server, path);
  assert.equal(plain.status, 200);
  assert.equal(plain.body, SCRIPT);
  assert.equal(plain.headers.get("content-type"), "text/javascript; charset=utf-8");
  assert.equal(plain.headers.get("cache-control"), "public, max-age=31536000, immutable");
  assert.equal(plain.headers.get("vary"), "accept-encoding");
  for (const [taken, sent] of [
    ["gzip, deflate, br", "br"],
    ["gzip", "gzip"],
    ["br;q=0, gzip;q=0.5", "gzip"],
    ["br;q=0.0", undefined],
    ["zstd", undefined],
    ["BR", "br"],
  ] as const) {
    const { headers } = await get(server, path, { "accept-encoding": taken });
    assert.equal(headers.get("content-encoding"), sent, taken);
  }
  const response = await fetch(server.url + path);
  assert.equal(await response.text(), SCRIPT);
  assert.equal((await get(server, "/ui/assets/Plain.css", { "accept-encoding": "br" })).body, "a{}");
  assert.equal((await get(server, "/ui/octopus.svg")).headers.get("content-type"), "image/svg+xml");
});

test("what should be a file and is not there is not found, and never the page", async () => {
  await using server = await startHarness({ dashboard: built() });
  for (const path of ["/ui/assets/app-old.js", "/ui/assets/", "/ui/assets/app-abc123.js.map", "/ui/assets/x.html"]) {
    const { status, headers } = await get(server, path);
    assert.equal(status, 404, path);
    assert.equal(headers.get("content-type"), "text/plain; charset=utf-8");
    assert.equal(headers.get("cache-control"), "no-store");
  }
});

test("no address leads out of the folder, or to what is hidden in it", async () => {
  await using server = await startHarness({ dashboard: built() });
  for (const path of [
    "/ui/../secret.js",
    "/ui/assets/../../secret.js",
    "/ui/%2e%2e/secret.js",
    "/ui/..%2fsecret.js",
    "/ui/assets/..%5c..%5csecret.js",
    "/ui//etc/passwd",
    "/ui/.vite/manifest.json",
    "/ui/assets/%00.js",
    `/ui/${"a".repeat(8000)}.js`,
    "/ui/assets/app-abc123.js/x.js",
  ]) {
    const { body, status } = await get(server, path);
    assert.ok(body === PAGE || status === 404 || status === 400, `${path}: ${status} ${body.slice(0, 50)}`);
    assert.ok(!body.includes("secret") && !body.includes("root:"), path);
  }
});

test("every answer tells browsers what they may do with it", async () => {
  await using server = await startHarness({ dashboard: built() });
  for (const path of ["/ui/", "/ui/assets/app-abc123.js", "/ui/assets/none.js", "/ui", "/ui/octopus.svg"]) {
    const { headers } = await get(server, path);
    const policy = headers.get("content-security-policy")!;
    assert.match(policy, /^default-src 'none'; script-src 'self'; /, path);
    assert.doesNotMatch(policy, /unsafe-eval|script-src[^;]*unsafe-inline|\*|https?:/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("x-frame-options"), "DENY");
    assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
  }
});

test("HEAD says what GET would, and other methods are refused", async () => {
  await using server = await startHarness({ dashboard: built() });
  for (const path of ["/ui/", "/ui/assets/app-abc123.js", "/ui/assets/none.js"]) {
    const [head, got] = [await get(server, path, {}, "HEAD"), await get(server, path)];
    assert.deepEqual([head.status, head.body], [got.status, ""], path);
    assert.equal(head.headers.get("content-length"), String(got.body.length), path);
  }
  for (const method of ["POST", "DELETE", "OPTIONS"]) {
    const { status, headers } = await get(server, "/ui/", { "content-length": "0" }, method);
    assert.deepEqual([status, headers.get("allow")], [405, "GET, HEAD"], method);
  }
});

test("where nothing was built a page says so, and the rest works", async () => {
  for (const dashboard of [undefined, join(root, "not-there")]) {
    await using server = await startHarness({ dashboard });
    const { status, body, headers } = await get(server, "/ui/tasks");
    assert.equal(status, 503);
    assert.match(body, /npm start<\/code> builds it/);
    assert.ok(headers.has("content-security-policy"));
    assert.equal((await get(server, "/ui/assets/x.js")).status, 404);
    assert.equal((await get(server, "/healthz")).status, 200);
  }
});

test("the files need no token, and tell nothing that does; other sites are refused", async () => {
  await using server = await startWithAccess({}, { dashboard: built() });
  assert.equal((await get(server, "/ui/")).status, 200);
  assert.equal((await get(server, "/", { accept: "text/html" })).status, 302);
  assert.equal((await get(server, "/")).status, 401);
  assert.equal((await get(server, "/ui/", { origin: "http://evil.example" })).status, 403);
  // A proxy passes on the name that it has.
  assert.equal((await get(server, "/ui/", { host: "octopus.example.org" })).status, 200);
  await using open = await startHarness({ dashboard: built() });
  assert.equal((await get(open, "/ui/", { host: "evil.example" })).status, 403);
});

test("readers that go in the middle leave nothing open", async () => {
  await using server = await startHarness({ dashboard: built() });
  for (let i = 0; i < 20; i++) {
    const gone = new AbortController();
    const response = await fetch(`${server.url}/ui/assets/app-abc123.js`, { signal: gone.signal });
    gone.abort();
    await response.text().catch(() => {});
  }
  assert.equal((await get(server, "/ui/")).status, 200);
  assert.deepEqual(server.errors, []);
});
