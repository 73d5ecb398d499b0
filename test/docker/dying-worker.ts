/** A worker that starts a container and is then killed by its test: `node dying-worker.ts ENGINE DIR`. */
import { attempt } from "../conformance/executor.ts";
import { docker, dockerExecutor } from "./executor.ts";

const [, , host = "", dir = ""] = process.argv;
const executor = await dockerExecutor({ host }, { dir });
const running = attempt(executor, docker({ command: "echo up; while :; do sleep 1; done" }));
const early = running.report.then((report) => {
  throw new Error(`it was to run on: ${JSON.stringify(report)}`);
});
await Promise.race([running.logged((log) => log.length > 0), early]);
process.stdout.write("up\n");
await early;
