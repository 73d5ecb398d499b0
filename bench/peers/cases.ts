/**
 * Peers, measured in the shapes of our own cases: each in its best documented setting, which it names beside its figures.
 * A peer that does not install or start is left out with the reason; one that takes too long is ended.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Case, type CaseContext, type Measured, scaled } from "../harness/case.ts";
import { commandPrograms } from "./commands.ts";
import { ensurePackages } from "./install.ts";
import { type PeerServer, startPostgres, startRedis, Unavailable } from "./servers.ts";

const LIMIT_MS = 180_000;

interface Peer {
  name: string;
  title: string;
  program: string;
  count: number;
  server?: (folder: string) => Promise<PeerServer>;
}

const PEERS: readonly Peer[] = [
  { name: "peer-bullmq", title: "BullMQ on Redis", program: "bullmq.mjs", count: 50_000, server: startRedis },
  {
    name: "peer-graphile",
    title: "Graphile Worker on PostgreSQL",
    program: "graphile-worker.mjs",
    count: 100_000,
    server: startPostgres,
  },
  {
    name: "peer-pg-boss",
    title: "pg-boss on PostgreSQL",
    program: "pg-boss.mjs",
    count: 100_000,
    server: startPostgres,
  },
  { name: "peer-in-process", title: "p-queue and fastq, in memory", program: "in-process.mjs", count: 200_000 },
];

export const PEER_CASES: readonly Case[] = [...PEERS.map(caseOf), commandPrograms];

function caseOf(peer: Peer): Case {
  return {
    name: peer.name,
    title: peer.title,
    async run(context) {
      let server: PeerServer | undefined;
      try {
        ensurePackages();
        server = await peer.server?.(context.folder);
        const { figures, notes = [] } = await runProgram(peer, context, server?.url);
        return { figures, notes: server === undefined ? notes : [...notes, server.about] };
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        return { figures: [], notes: [`left out: ${error.message}`] };
      } finally {
        await server?.stop();
      }
    },
  };
}

function runProgram(peer: Peer, context: CaseContext, url: string | undefined): Promise<Measured> {
  const job = { url, count: scaled(context, peer.count), samples: scaled(context, 1000) };
  const file = fileURLToPath(new URL(peer.program, import.meta.url));
  const child = fork(file, [JSON.stringify(job)], { execArgv: [] });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      kill();
      reject(new Unavailable(`not done after ${LIMIT_MS / 1000} s`));
    }, LIMIT_MS);
    child.once("message", (measured) => resolve(measured as Measured));
    child.once("exit", (code) => {
      clearTimeout(timer);
      process.off("exit", kill);
      reject(new Error(`${peer.program} ended with ${code} before it reported`));
    });
  });
}
