/** Lines that programs of this machine write into a named pipe. */
import { randomUUID } from "node:crypto";
import { constants, openSync, statSync } from "node:fs";
import { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Feeder } from "./feeder.ts";
import { LineCutter } from "./lines.ts";
import type { StreamSettings } from "./settings.ts";
import type { Streaming } from "./stream.ts";
import type { Trigger } from "./trigger.ts";

const AGAIN_MS = 1000;

export function startFifo(trigger: Trigger, settings: StreamSettings, path: string): Streaming {
  const feeder = new Feeder({ trigger, settings });
  const stopping = new AbortController();
  let pipe: Socket | undefined;
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        pipe = openPipe(path);
        trigger.waits(undefined);
        await read(pipe);
      } catch (error) {
        trigger.waits(`${path} cannot be read: ${(error as Error).message}`);
        await delay(AGAIN_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
      }
    }
  };
  const read = async (from: Socket): Promise<void> => {
    const name = randomUUID().slice(0, 13);
    const cutter = new LineCutter(settings.lineMax, 0, (_, bytes) =>
      trigger.unreadable(`a line of ${path} has ${bytes} bytes; at most ${settings.lineMax} may be`),
    );
    for await (const chunk of from) {
      for (const { text, from: at } of cutter.push(chunk as Buffer))
        feeder.push({ text, id: `${name}-${at}`, source: path });
      await feeder.room();
    }
  };
  const running = run();
  return {
    async close() {
      stopping.abort();
      pipe?.destroy();
      await feeder.close();
      await running;
    },
  };
}

/** Opened to write as well, so that it does not end when its last writer goes. */
function openPipe(path: string): Socket {
  if (!statSync(path).isFIFO()) throw new Error("it is no named pipe; `mkfifo` makes one");
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}
