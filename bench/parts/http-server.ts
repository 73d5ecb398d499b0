/** A server whose engine takes everything and keeps nothing: what is measured is HTTP, parsing and validation. */
import { createServer as createNodeServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "../../src/server/mod.ts";
import { createMemoryEngine } from "../../src/server/testing/memory-engine.ts";

const quiet = (): void => {};

if (process.argv[2] === "raw") {
  // The machine's own limit: Node's server, the body read and parsed, nothing else.
  const raw = createNodeServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      JSON.parse(Buffer.concat(chunks).toString());
      response.writeHead(201, { "content-type": "application/json", "content-length": 2 }).end("{}");
    });
  });
  raw.listen(0, "127.0.0.1", () => process.send!({ url: `http://127.0.0.1:${(raw.address() as AddressInfo).port}` }));
} else {
  let submitted = 0;
  const engine = createMemoryEngine();
  engine.submit = async (specs) => specs.map(() => ({ id: `t${++submitted}`, state: "queued" }));
  const server = createServer({
    engine,
    log: { debug: quiet, info: quiet, warn: quiet, error: console.error },
    version: "bench",
    limits: { bodyBytes: 256 * 1024 * 1024, taskBytes: 1024 * 1024, artifactBytes: 1 },
    compile: () => ({ workflow: "none", tasks: [] }),
    compilePipeline: () => ({ workflow: "none", tasks: [] }),
  });
  await engine.submit([{ type: "x", kind: "call", work: { kind: "call", call: "x" } }]);
  engine.taskMap.set("t1", {
    id: "t1",
    type: "x",
    kind: "call",
    arm: "default",
    priority: 5,
    state: "queued",
    attempt: 0,
    tags: [],
    needs: [],
    createdAt: "2026-11-21T08:00:00.000Z",
    work: {},
    attempts: [],
    artifacts: [],
    callbacks: [],
    deliveries: [],
  });
  const { url } = await server.listen("127.0.0.1", 0);
  process.send!({ url });
}
process.on("disconnect", () => process.exit());
