/**
 * A soak has hosts of its own where the machine lets it: the program starts itself again on one of them, so that it reaches
 * the others, and so that connections between any two of them can be cut.
 *
 * SI1  Whoever made the network closes it when the soak has ended, however it ended.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Network, noNamespaces } from "../fleet/network.ts";

/** Where it was made: by the process that started this one. */
const MARK = "OCTOPUS_SOAK_NETWORK";

/** Host of the soak itself. */
const OWN = "soak";
export const SERVER_HOSTS = ["a", "b", "c"] as const;
export const WORKER_HOSTS = ["w0", "w1"] as const;
/** Of what they share. */
export const SHARED_HOSTS = ["n1", "n2", "n3"] as const;
const HOSTS = [OWN, ...SERVER_HOSTS, ...WORKER_HOSTS, ...SHARED_HOSTS];

/** The network that this process is in; a text: why there is none. Does not come back where the soak runs in another process. */
export async function insideNetwork(): Promise<Network | string> {
  const mark = process.env[MARK];
  if (mark !== undefined) return new Network(HOSTS, mark);
  const why = noNamespaces();
  if (why !== undefined) return why;
  const network = new Network(HOSTS);
  process.once("exit", () => network.close());
  process.exit(await again(network));
}

/** The same program with the same words; answers its exit code. */
async function again(network: Network): Promise<number> {
  const [first, ...words] = [...network.on(OWN), process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(first!, words, { stdio: "inherit", env: { ...process.env, [MARK]: network.mark } });
  // Ctrl-C reaches both.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
