/** The thread of `heart.ts`: publishes at each interval, for the session that it was told of last. */
import { parentPort, workerData } from "node:worker_threads";
import { connectTo } from "../../nats/connect.ts";
import { type NatsConnection, publish } from "../../nats/publish.ts";
import type { NatsBeat, NatsHeartOptions } from "./heart.ts";

const { nats, name } = workerData as NatsHeartOptions;
let connection: NatsConnection | undefined;
let isConnecting = false;
let timer: NodeJS.Timeout | undefined;

parentPort!.on("message", (beat: NatsBeat) => {
  clearInterval(timer);
  timer = setInterval(() => void send(beat), beat.everyMs);
});

async function send({ subject, session }: NatsBeat): Promise<void> {
  if (connection === undefined || connection.isClosed()) {
    if (isConnecting) return;
    isConnecting = true;
    // A NATS that is away is the link's business.
    connection = await connectTo(nats, name).catch(() => undefined);
    isConnecting = false;
  }
  if (connection !== undefined) publish(connection, { subject, data: session });
}
