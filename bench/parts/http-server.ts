/** A server whose engine takes everything and keeps nothing: what is measured is HTTP, parsing and validation. */
import { createServer as createNodeServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "../../src/server/mod.ts";
import { openEngine } from "../../src/root/embedded.ts";

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
  const { engine } = openEngine({ dataDir: ":memory:" });
  await engine.submit([{ type: "x", kind: "call", work: { kind: "call", call: "x" } }]);
  engine.submit = async (specs) => specs.map(() => ({ id: `t${++submitted}`, state: "queued" }));
  const server = createServer({
    engine,
    log: { debug: quiet, info: quiet, warn: quiet, error: console.error },
    version: "bench",
    limits: { bodyBytes: 256 * 1024 * 1024, taskBytes: 1024 * 1024, artifactBytes: 1 },
    compile: () => ({ workflow: "none", tasks: [] }),
    compilePipeline: () => ({ workflow: "none", tasks: [] }),
  });
  const { url } = await server.listen("127.0.0.1", 0);
  process.send!({ url });
}
process.on("disconnect", () => process.exit());
