/** What a server says of itself to the others of its cluster, and what is kept of it while it is gone. */
import type { Forms } from "./forms.ts";
import type { Applied } from "./replica-tables.ts";

export interface MemberShard extends Applied {
  readonly role: "leader" | "follower";
  /** It never leads here again: the shard is to be removed. */
  readonly retired?: true;
  /** The log holds records that this version cannot read. */
  readonly tooOld?: true;
  /** Words on why it does not follow, when it does not. */
  readonly trouble?: string;
}

export interface Member {
  readonly name: string;
  /** Where people and workers reach it. */
  readonly url?: string;
  readonly version: string;
  /** Forms of records that it reads, and writes. */
  readonly reads?: Forms;
  readonly shards: Readonly<Record<string, MemberShard>>;
  /** What it had applied of shards when it was last there, which it has not opened since. */
  readonly had?: Readonly<Record<string, Applied>>;
  /** What this server takes the lists of servers and namespaces for, in short: those who say the same see the same. */
  readonly sees?: string;
  /** On how many servers it is to keep each namespace. */
  readonly copies?: number;
  /** How long it keeps what is left of a deleted namespace, milliseconds. */
  readonly keepDeletedMs?: number;
  /** It has been there for so long that it has seen who else is. */
  readonly settled?: true;
  /** It was stopped in order, at this time. */
  readonly left?: true;
  readonly leftAt?: number;
}

export interface KnownMember extends Member {
  /** Milliseconds since it was last heard; undefined = never by this server. */
  readonly silentMs?: number;
}

/** How far it has come with the shard, as far as it is known: what it holds, or held when it was last there. */
export function appliedBy({ shards, had }: Member, shard: string): Applied | undefined {
  return shards[shard] ?? had?.[shard];
}

/**
 * What was heard of a server, with what the values know of it where that is more: who could hear nothing for a while knows old
 * words, and the server may be gone that has said newer ones. Where it holds less now, they say so a moment later.
 */
export function knownOf(heard: Member, kept: Member | undefined): Member {
  const more: Record<string, Applied> = {};
  for (const shard of Object.keys({ ...kept?.had, ...kept?.shards })) {
    const { seq, term, epoch, chain } = appliedBy(kept!, shard)!;
    const old = appliedBy(heard, shard);
    const isMore = old === undefined || epoch > old.epoch || (epoch === old.epoch && seq > old.seq);
    if (isMore) more[shard] = { seq, term, epoch, chain };
  }
  if (Object.keys(more).length === 0) return heard;
  const shards = Object.entries(heard.shards).map(([shard, state]) => [shard, { ...state, ...more[shard] }]);
  return { ...heard, shards: Object.fromEntries(shards), had: { ...heard.had, ...more } };
}

/** Undefined: nothing that a server said. */
export function memberOf(text: string): Member | undefined {
  try {
    return JSON.parse(text) as Member;
  } catch {
    return undefined;
  }
}
