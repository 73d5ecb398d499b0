/** One newest message for each subject of a stream: what buckets of values and of objects are made of. */
import type { NatsLink } from "./link.ts";
import { JS, refusalOf } from "./words.ts";

export interface Stored {
  seq: number;
  subject: string;
  /** Epoch milliseconds. */
  at: number;
  data: Buffer;
  /** The message stands for a value that was removed. */
  isGone: boolean;
}

/** Asked of the leader of the stream, never of a replica that may lag. */
export async function newestOf(link: NatsLink, stream: string, subject: string): Promise<Stored | undefined> {
  type Answer = { message: { seq: number; subject: string; time: string; data?: string; hdrs?: string } };
  try {
    const { message } = await link.ask<Answer>(`STREAM.MSG.GET.${stream}`, { last_by_subj: subject });
    const head = Buffer.from(message.hdrs ?? "", "base64").toString("latin1");
    return {
      ...{ seq: message.seq, subject: message.subject, at: Date.parse(message.time) },
      data: Buffer.from(message.data ?? "", "base64"),
      isGone: /^KV-Operation: *(DEL|PURGE)/im.test(head),
    };
  } catch (error) {
    if (refusalOf(error)?.code === JS.noMessage) return undefined;
    throw error;
  }
}

/** The subjects that fit `filter`. */
export async function subjectsOf(link: NatsLink, stream: string, filter: string): Promise<string[]> {
  type Answer = { total?: number; state: { subjects?: Record<string, number> } };
  const found: string[] = [];
  for (;;) {
    const question = { subjects_filter: filter, offset: found.length };
    const { total = 0, state } = await link.ask<Answer>(`STREAM.INFO.${stream}`, question);
    const some = Object.keys(state.subjects ?? {});
    found.push(...some);
    if (some.length === 0 || found.length >= total) return found;
  }
}

const AT_ONCE = 64;

/** The answers for all of `items`, some at a time. */
export async function forEachOf<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    answers.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(ask))));
  }
  return answers;
}
