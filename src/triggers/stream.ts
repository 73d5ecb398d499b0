/** Lines and messages that start tasks: which source a stream has. Each is loaded with the first trigger that has it. */
import { assert } from "../base/assert.ts";
import type { StreamSettings } from "./settings.ts";
import type { Trigger } from "./trigger.ts";

export interface Streaming {
  close(): Promise<void>;
}

export async function startStream(
  trigger: Trigger,
  settings: StreamSettings,
  secret: string | null,
): Promise<Streaming> {
  const { file, fifo, unix, tcp, nats } = settings;
  if (file !== undefined) return (await import("./stream-file.ts")).startFile(trigger, settings, file);
  if (fifo !== undefined) return (await import("./stream-fifo.ts")).startFifo(trigger, settings, fifo);
  if (nats !== undefined) return (await import("./stream-nats.ts")).startNats(trigger, settings, nats, secret);
  const { startSocket } = await import("./stream-socket.ts");
  if (unix !== undefined) return startSocket(trigger, settings, { unix }, secret);
  assert(tcp !== undefined, "a stream has no source");
  return startSocket(trigger, settings, { tcp }, secret);
}

/** Where its lines come from, in words. */
export function streamText({ file, fifo, unix, tcp, nats, format, batch }: StreamSettings): string {
  const source =
    file ??
    (fifo && `fifo ${fifo}`) ??
    (unix && `unix ${unix}`) ??
    (tcp && `tcp ${tcp.host}:${tcp.port}`) ??
    natsText(nats);
  const together = batch === undefined ? "" : `, up to ${batch.max} together`;
  return `${source} (${format}${together})`;
}

function natsText(nats: StreamSettings["nats"]): string {
  return nats === undefined
    ? ""
    : `nats ${nats.subject}${nats.stream === undefined ? "" : ` of stream ${nats.stream}`}`;
}
