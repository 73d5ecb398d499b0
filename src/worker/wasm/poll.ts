/**
 * Waiting. The one of Node holds its thread where nothing can end it; this one can be ended at any time.
 */
import { ERRNO, type WasiCall } from "./calls.ts";
import type { ModuleMemory } from "./memory.ts";

const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
const CLOCK = 0;
const REALTIME = 0;
const ABSOLUTE = 1;
/** Never notified. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));

interface Subscription {
  userdata: bigint;
  type: number;
  /** Milliseconds until it is due; files are ready at once. */
  inMs: number;
}

/** `poll_oneoff`: clocks are waited for, and files are always ready. */
export function poll(memory: ModuleMemory): WasiCall {
  return (from, to, count, result) => {
    const wanted = Number(count) >>> 0;
    if (wanted === 0) return ERRNO.inval;
    const subscriptions = Array.from({ length: wanted }, (_, i) => read(memory, Number(from) + i * SUBSCRIPTION_BYTES));
    const waitMs = Math.min(...subscriptions.map(({ inMs }) => inMs));
    if (waitMs > 0) Atomics.wait(NEVER, 0, 0, waitMs);
    const due = subscriptions.filter(({ inMs }) => inMs <= waitMs);
    for (const [i, { userdata, type }] of due.entries()) {
      const event = memory.bytes(Number(to) + i * EVENT_BYTES, EVENT_BYTES);
      event.fill(0);
      const view = new DataView(event.buffer, event.byteOffset, EVENT_BYTES);
      view.setBigUint64(0, userdata, true);
      view.setUint8(10, type);
      if (type !== CLOCK) view.setBigUint64(16, 1n, true);
    }
    memory.setUint32(Number(result), due.length);
    return ERRNO.success;
  };
}

function read(memory: ModuleMemory, at: number): Subscription {
  const bytes = memory.bytes(at, SUBSCRIPTION_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, SUBSCRIPTION_BYTES);
  const userdata = view.getBigUint64(0, true);
  const type = view.getUint8(8);
  if (type !== CLOCK) return { userdata, type, inMs: 0 };
  const timeout = Number(view.getBigUint64(24, true)) / 1e6;
  if ((view.getUint16(40, true) & ABSOLUTE) === 0) return { userdata, type, inMs: timeout };
  const now = view.getUint32(16, true) === REALTIME ? Date.now() : Number(process.hrtime.bigint()) / 1e6;
  return { userdata, type, inMs: Math.max(0, timeout - now) };
}
