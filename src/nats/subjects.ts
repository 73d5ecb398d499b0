/**
 * The subjects by which workers and the leader of a shard speak, and those that are only for watching. One place for both
 * sides and for the documentation (docs/reference/nats-subjects.md).
 *
 * SB1  Each subject has one publisher: a worker, or the server that leads. A worker's stand below its own name, so that its
 *      credentials can be bound to them.
 * SB2  What is part of a session carries the mark of the server's term of duty (`epoch`) and of the session (`link`): only
 *      the server that opened it listens there. When that one is gone NATS itself says so (no responders).
 */
import type { RunState, TaskState } from "../base/words.ts";

/** What a worker publishes within a session: the last token of its subject. */
export const UP_KINDS = [
  ...["hello", "proof", "offer", "heartbeat", "output", "progress", "result", "plugins", "draining", "goodbye"],
  ...["ping", "pong", "stream", "beat", "end"],
] as const;

/** What the server publishes within a session. */
export const DOWN_KINDS = [
  ...["open", "refused", "challenge", "welcome", "refuse", "assign", "cancel", "ack", "plugins", "drain"],
  ...["ping", "pong", "stream", "end"],
] as const;

/** Last token of the subject at which a sender hears from NATS that nobody listens. */
export const NOBODY = "nobody";

export class Subjects {
  readonly #root: string;

  constructor(cluster: string, shard: string) {
    this.#root = `octopus.${subjectToken(cluster)}.${subjectToken(shard)}`;
  }

  /** Where a worker asks for a session. */
  open(worker: string): string {
    return `${this.#worker(worker)}.open`;
  }

  /** Where a worker that nobody listens to asks whether its namespace is there. */
  there(worker: string): string {
    return `${this.#worker(worker)}.there`;
  }

  up(worker: string, session: SessionMark, kind: string): string {
    return `${this.#worker(worker)}.up.${session.epoch}.${session.link}.${kind}`;
  }

  down(worker: string, session: SessionMark, kind: string): string {
    return `${this.#worker(worker)}.down.${session.epoch}.${session.link}.${kind}`;
  }

  /** All workers that ask. */
  allOpen(): string {
    return `${this.#root}.workers.*.open`;
  }

  /** All that workers say to the server with this mark. */
  allUp(epoch: string): string {
    return `${this.#root}.workers.*.up.${epoch}.*.*`;
  }

  /** All that any server says to this worker on this link. */
  allDown(worker: string, link: string): string {
    return `${this.#worker(worker)}.down.*.${link}.*`;
  }

  /** Who leads, said at each change. */
  leader(): string {
    return `${this.#root}.leader`;
  }

  /** For watching: tasks that went to this state. */
  tasks(state: TaskState): string {
    return `${this.#root}.tasks.${state}`;
  }

  /** For watching: runs that went to this state. */
  runs(state: RunState): string {
    return `${this.#root}.runs.${state}`;
  }

  /** Of all namespaces of a cluster: whoever leads `default` knows which there are. */
  static allThere(cluster: string): string {
    return `octopus.${subjectToken(cluster)}.*.workers.*.there`;
  }

  #worker(name: string): string {
    return `${this.#root}.workers.${subjectToken(name)}`;
  }
}

export interface SessionMark {
  epoch: string;
  link: string;
}

interface SubjectParts {
  shard: string;
  worker: string;
  link?: string;
  epoch?: string;
  kind: string;
}

/** The parts of a subject within a session, or of a request for one. */
export function readSubject(subject: string): SubjectParts {
  const [, , shard = "", , worker = "", ...rest] = subject.split(".");
  const names = { shard: nameOf(shard), worker: nameOf(worker) };
  if (rest.length === 1) return { ...names, kind: rest[0]! };
  const [, epoch, link, kind = ""] = rest;
  return { ...names, ...(epoch !== undefined && { epoch }), ...(link !== undefined && { link }), kind };
}

/** A name as one token of a subject: what a token cannot hold is written as in a URL. */
export function subjectToken(name: string): string {
  return encodeURIComponent(name).replace(/[.*]/g, (sign) => (sign === "." ? "%2E" : "%2A"));
}

function nameOf(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}
