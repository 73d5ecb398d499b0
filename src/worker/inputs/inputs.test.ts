// Files of other tasks: fetched over HTTP from servers that are away, slow, wrong or lying, and straight from a store.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Assignment, AttemptReport, InputFile } from "../../protocol/link.ts";
import { Attempt } from "../attempt.ts";
import { NODE_TIMERS } from "../timers.ts";
import { type FetchFile, fetchLocally } from "./fetch-file.ts";
import { fetchOverHttp } from "./fetch-http.ts";
import { ServerAccess } from "../reach/server-access.ts";
import { InputFolders } from "./folders.ts";

const scratch = mkdtempSync(join(tmpdir(), "octopus-inputs-test-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

function fileOf(path: string, content: string | Uint8Array): InputFile {
  return { path, sha256: createHash("sha256").update(content).digest("hex"), bytes: Buffer.byteLength(content) };
}

function attemptWith(inputs: InputFile[]): { attempt: Attempt; log: string[] } {
  const log: string[] = [];
  const work = { kind: "shell" as const, shell: { command: "true" } };
  const assignment: Assignment = { task: 1, attempt: 1, id: "t1", type: "shell", arm: "a", timeoutMs: 0, work, inputs };
  const sink = {
    timers: NODE_TIMERS,
    log: (chunk: { text?: string }) => void log.push(chunk.text ?? ""),
    progress() {},
  };
  return { attempt: new Attempt(assignment, sink), log };
}

/** Runs with these inputs, and answers what the work found, or how the attempt ended before. */
async function runWith(
  fetch: FetchFile,
  inputs: InputFile[],
): Promise<{ report: AttemptReport; found: Record<string, string>; log: string[] }> {
  const { attempt, log } = attemptWith(inputs);
  const folders = new InputFolders(fetch, join(scratch, "inputs"));
  const found: Record<string, string> = {};
  const report = await folders.run(attempt, () => {
    for (const { path } of inputs) found[path] = readFileSync(join(attempt.inputsDir!, path), "utf8");
    return Promise.resolve({ outcome: "succeeded" });
  });
  assert.deepEqual(readdirSync(join(scratch, "inputs")), [], "nothing of it stays");
  folders.close();
  return { report, found, log };
}

async function withServer<T>(answer: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("files come over HTTP into folders of their own, and go with the attempt", async () => {
  const contents: Record<string, string> = {
    "extract/a.csv": "1,2\n",
    "extract/deep/er/ü ☃": "x".repeat(300_000),
    "load/0/empty": "",
  };
  const files = Object.entries(contents).map(([path, content]) => fileOf(path, content));
  const byHash = new Map(files.map((file) => [`/api/v1/artifacts/${file.sha256}`, contents[file.path]!]));
  await withServer(
    (request, response) => response.end(byHash.get(request.url!)),
    async (url) => {
      const { report, found, log } = await runWith(fetchOverHttp(new ServerAccess({ urls: [url] })), files);
      assert.deepEqual([report, found, log], [{ outcome: "succeeded" }, contents, []]);
    },
  );
});

test("a server that is away, overloaded or breaks off is asked again, and the log says what is waited for", async () => {
  const file = fileOf("x", "the whole content");
  let asked = 0;
  await withServer(
    (_, response) => {
      asked++;
      if (asked === 1) response.destroy();
      else if (asked === 2) response.writeHead(503).end();
      else if (asked === 3) response.writeHead(200, { "content-length": 17 }).write("the wh", () => response.destroy());
      else response.end("the whole content");
    },
    async (url) => {
      const { report, found, log } = await runWith(fetchOverHttp(new ServerAccess({ urls: [url] })), [file]);
      assert.deepEqual([report.outcome, found, asked], ["succeeded", { x: "the whole content" }, 4]);
      assert.deepEqual(log, ["the file x is waited for: the server does not answer\n"]);
    },
  );
});

test("other bytes than those that were named never reach the task", async () => {
  const file = fileOf("x", "right");
  for (const body of ["wrong", "righ", "right and more"]) {
    await withServer(
      (_, response) => response.end(body),
      async (url) => {
        const { report, found } = await runWith(fetchOverHttp(new ServerAccess({ urls: [url] })), [file]);
        assert.deepEqual([report.outcome, report.error!.kind, found], ["failed", "inputs", {}]);
        assert.match(
          report.error!.message,
          /^the files of other tasks could not be laid into \$OCTOPUS_INPUTS: the file x came broken 3 times/,
        );
      },
    );
  }
});

test("a file that is gone fails the attempt for good", async () => {
  await withServer(
    (_, response) => response.writeHead(404).end(),
    async (url) => {
      const { report } = await runWith(fetchOverHttp(new ServerAccess({ urls: [url] })), [
        fileOf("a/b", "x"),
        fileOf("c", "y"),
      ]);
      assert.deepEqual([report.outcome, report.retryable], ["failed", false]);
      assert.match(report.error!.message, /the file (a\/b|c) is not kept any more: its task was removed/);
    },
  );
});

test("an attempt that is stopped waits no longer", async () => {
  const { attempt } = attemptWith([fileOf("x", "y")]);
  await withServer(
    () => attempt.stop("cancelled"),
    async (url) => {
      const folders = new InputFolders(fetchOverHttp(new ServerAccess({ urls: [url] })), join(scratch, "stopped"));
      assert.deepEqual(await folders.run(attempt, () => assert.fail("it must not begin")), { outcome: "cancelled" });
      folders.close();
      assert.equal(existsSync(join(scratch, "stopped")), false);
    },
  );
});

test("paths lead nowhere else, and the number and size of the files are bounded", async () => {
  const nothing: FetchFile = () => assert.fail("nothing is to be fetched");
  for (const path of ["../up", "/etc/x", "a//b", "", ".", "a/../../b", "a\\..\\..\\b", "nul\0"]) {
    const { report } = await runWith(nothing, [fileOf(path, "")]);
    assert.match(report.error!.message, /is no relative path/, path);
  }
  const many = Array.from({ length: 10_001 }, (_, i) => fileOf(`f${i}`, ""));
  assert.match(
    (await runWith(nothing, many)).report.error!.message,
    /there are 10001 files, and an attempt may be given 10000/,
  );
  const large = { ...fileOf("x", ""), bytes: 11 * 1024 ** 3 };
  assert.match(
    (await runWith(nothing, [large])).report.error!.message,
    /the files have 11 GiB, and an attempt may be given 10 GiB/,
  );
  const twisted = [fileOf("a", "1"), fileOf("a/b", "2")];
  const local = fetchLocally((sha256) => ({ chunks: chunksOf(sha256 === twisted[0]!.sha256 ? "1" : "2") }));
  assert.match((await runWith(local, twisted)).report.error!.message, /EEXIST|ENOTDIR|EISDIR/);
});

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

test("a store in this process gives its files the same way", async () => {
  const file = fileOf("x", "content");
  const local = fetchLocally((sha256) => (sha256 === file.sha256 ? { chunks: chunksOf("content") } : undefined));
  assert.deepEqual((await runWith(local, [file])).found, { x: "content" });
  assert.match(
    (await runWith(local, [fileOf("gone", "other")])).report.error!.message,
    /the file gone is not kept any more/,
  );
});

test(
  "what lay at the place of the folders is removed, and not what a link there leads to",
  { skip: process.platform === "win32" },
  async () => {
    const target = mkdtempSync(join(scratch, "target-"));
    symlinkSync(target, join(scratch, "linked"));
    const folders = new InputFolders(
      fetchLocally(() => ({ chunks: chunksOf("x") })),
      join(scratch, "linked"),
    );
    await folders.run(attemptWith([fileOf("x", "x")]).attempt, () => Promise.resolve({ outcome: "succeeded" }));
    folders.close();
    assert.deepEqual([existsSync(target), existsSync(join(scratch, "linked"))], [true, false]);
  },
);
