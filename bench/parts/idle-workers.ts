/**
 * Many workers that do nothing, in one process: each a bare WebSocket that says hello and sends heartbeats and, at every second one, a ping, at
 * each interval, as a real one does. Arguments: the server's address, how many. Says `up` when all were welcomed; told
 * `again`, it cuts all connections and makes them anew at once.
 */
import { WebSocket } from "ws";
import type { Hello, ToWorker, WorkerUsage } from "../../src/protocol/link.ts";

const [url = "", count = "1000"] = process.argv.slice(2);
const address = `${url.replace("http", "ws")}/api/v1/worker`;
const MiB = 1024 ** 2;

const usage: WorkerUsage = {
  ...{ cpu: 0.01, cores: 8, memoryBytes: 32_000 * MiB, memoryUsedBytes: 4000 * MiB },
  ...{ diskBytes: 500_000 * MiB, diskUsedBytes: 90_000 * MiB },
};

function helloOf(index: number): Hello {
  return {
    ...{ type: "hello", version: 3, name: `idle${index}`, instance: `i${index}`, slots: 8, holds: [], pid: index },
    ...{ host: `host${index}`, octopus: "bench", abilities: { kinds: ["shell", "http", "call"], functions: ["f"] } },
    ...{ resources: { cpu: 8000, memory: 32_000 * MiB * 1000 }, features: ["zstd"] },
    labels: { os: "linux", arch: "x64", host: `host${index}`, zone: `z${index % 5}` },
  };
}

let sockets: WebSocket[] = [];
let welcomed = 0;

function open(index: number): WebSocket {
  const socket = new WebSocket(address, { perMessageDeflate: false });
  let timer: NodeJS.Timeout | undefined;
  let beats = 0;
  socket.on("open", () => socket.send(JSON.stringify([helloOf(index)])));
  socket.on("message", (data: Buffer) => {
    for (const message of JSON.parse(data.toString()) as ToWorker[]) {
      if (message.type !== "welcome") continue;
      const beat = (): void => {
        const more = beats++ % 2 === 0 || message.heartbeatMs >= 8000 ? { usage } : {};
        socket.send(JSON.stringify([{ type: "heartbeat", load: 0.1, rssBytes: 60 * MiB, active: 0, ...more }]));
        // As a worker asks that has heard nothing since the beat before the last.
        if (beats % 2 === 0) socket.ping();
      };
      // Workers are not started in the same moment.
      timer = setTimeout(
        () => {
          beat();
          timer = setInterval(beat, message.heartbeatMs);
        },
        (message.heartbeatMs * index) / Number(count),
      );
      if (++welcomed === Number(count)) process.send!("up");
    }
  });
  socket.on("error", (error) => process.send!(`failed: ${error.message}`));
  socket.on("close", () => clearTimeout(timer));
  return socket;
}

function openAll(): void {
  welcomed = 0;
  sockets = Array.from({ length: Number(count) }, (_, index) => open(index));
}

process.on("message", () => {
  for (const socket of sockets) socket.terminate();
  openAll();
});
process.on("disconnect", () => process.exit());
openAll();
