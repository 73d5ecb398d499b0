/**
 * Workers as people see them: what the store knows of all that were ever here, and over it what memory knows of those that
 * are here, or were a moment ago.
 *
 * WV1  `online` was heard in the last minute and is connected; `idle` was heard in the last five; `offline` was not, or said
 *      goodbye. `draining` takes no work, whoever said so.
 */
import type { WorkerState } from "../../base/words.ts";
import { SILENT_MS } from "../../core/fleet/eligible.ts";
import type { Worker } from "../../core/fleet/worker.ts";
import type { State } from "../../core/state.ts";
import { type Task, taskId } from "../../core/task.ts";
import type { UsageView, WorkerDetail, WorkerView } from "../../protocol/worker-views.ts";
import type { Library } from "../ports.ts";
import type { Session, Sessions } from "../sessions.ts";

/** Silent for longer than `SILENT_MS`, which is placement's, it is not online any more; and for longer than this, offline. */
const IDLE_MS = 300_000;

/** What memory knows. */
export interface WorkersNow {
  state: State;
  sessions: Sessions;
  now: number;
}

export function workerViews(library: Pick<Library, "workers">, known: WorkersNow): WorkerView[] {
  return library.workers().map((stored) => workerView(stored, known));
}

export function workerDetail(
  library: Pick<Library, "worker">,
  known: WorkersNow,
  name: string,
): WorkerDetail | undefined {
  const stored = library.worker(name);
  if (stored === undefined) return undefined;
  const worker = known.state.workers.get(name);
  const keys = [...(known.state.access.keys.get(name) ?? [])].map(([key, since]) => ({ key, since: iso(since) }));
  const session = known.sessions.named(name);
  const attempts = [...(worker?.attempts ?? [])].map((task) => attemptView(worker!, task, session));
  return { ...workerView(stored, known), attempts, keys };
}

function workerView(stored: WorkerView, { state, sessions, now }: WorkersNow): WorkerView {
  const worker = state.workers.get(stored.name);
  const view = worker === undefined ? absent(stored, now) : present(worker, stored, sessions.named(stored.name), now);
  if (state.drained.has(stored.name)) view.held = true;
  return view;
}

/** One that core does not know any more: it said goodbye, or its lease ran out. */
function absent(stored: WorkerView, now: number): WorkerView {
  if (stored.lastSeenAt === undefined) return { ...stored };
  const silentMs = Math.max(0, now - Date.parse(stored.lastSeenAt));
  const wasCut = stored.leftReason !== GOODBYE;
  return { ...stored, state: wasCut && silentMs < IDLE_MS ? "idle" : "offline", silentMs };
}

/** The reason that core gives for one that left by itself. */
const GOODBYE = "it said goodbye";

function present(worker: Worker, stored: WorkerView, session: Session | undefined, now: number): WorkerView {
  const isConnected = worker.session !== 0;
  const seenAt = isConnected && worker.local ? now : worker.lastSeenAt;
  const view: WorkerView = {
    ...stored,
    state: stateOf(worker, now - seenAt),
    slots: worker.slots,
    active: worker.attempts.size,
    lastSeenAt: iso(seenAt),
    silentMs: Math.max(0, now - seenAt),
  };
  if (worker.resources !== undefined) view.resources = resourcesView(worker);
  if (session === undefined || !isConnected) return view;
  view.connectedAt = iso(session.connectedAt);
  view.load = session.load;
  if (session.rssBytes > 0) view.rssBytes = session.rssBytes;
  if (session.usage !== undefined) view.usage = { ...(session.usage as UsageView), load: session.load };
  return view;
}

function stateOf(worker: Worker, silentMs: number): WorkerState {
  if (worker.draining) return "draining";
  if (silentMs < SILENT_MS && worker.session !== 0) return "online";
  return silentMs < IDLE_MS ? "idle" : "offline";
}

/** Amounts as people write them. */
function resourcesView({ resources = {}, used, units = {} }: Worker): NonNullable<WorkerView["resources"]> {
  return Object.fromEntries(
    Object.entries(resources).map(([name, total]) => {
      const names = units[name];
      const more = names === undefined ? {} : { units: [...names] };
      return [name, { total: total / 1000, used: (used.get(name) ?? 0) / 1000, ...more }];
    }),
  );
}

function attemptView(worker: Worker, task: Task, session: Session | undefined): WorkerDetail["attempts"][number] {
  const { seq, attempt, type, lane, live } = task;
  const usage = session?.attempts?.find((one) => one.task === seq && one.attempt === attempt);
  const units = Object.entries(live!.units ?? {}).map(([resource, places]) => {
    const names = worker.units?.[resource];
    return [resource, places.map((place) => names?.[place] ?? String(place))];
  });
  return {
    ...{ id: taskId(task), attempt, type, arm: lane.arm.name, startedAt: iso(live!.startedAt) },
    ...(usage?.cpuMs !== undefined && { cpuMs: usage.cpuMs }),
    ...(usage?.rssBytes !== undefined && { rssBytes: usage.rssBytes }),
    ...(units.length > 0 && { units: Object.fromEntries(units) as Record<string, string[]> }),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
