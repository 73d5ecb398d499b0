/** A server in the test's own process, on a free port, with an engine that keeps everything in memory. */
import { openEngine } from "../root/embedded.ts";
import { createServer } from "../server/mod.ts";
import { compileWorkflow } from "../workflow/mod.ts";
import { compilePipeline } from "../workflow/pipeline-compile.ts";

const MiB = 1024 ** 2;

export async function startTestServer(): Promise<{ url: string } & AsyncDisposable> {
  const { engine, close } = openEngine({ dataDir: ":memory:" });
  const quiet = (): void => undefined;
  const server = createServer({
    engine,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: "0.0.0-test",
    limits: { bodyBytes: 8 * MiB, taskBytes: MiB, artifactBytes: MiB },
    compile: compileWorkflow,
    compilePipeline: (pipeline) =>
      compilePipeline(pipeline, { now: Date.now(), arms: engine.arms().map(({ name }) => name) }),
  });
  const { url } = await server.listen("127.0.0.1", 0);
  return {
    url,
    async [Symbol.asyncDispose]() {
      await server.close(0);
      await close();
    },
  };
}
