/**
 * Servers of two versions in one cluster, for the time of an upgrade.
 *
 * FM1  A server that writes records which a living server cannot read does not take the lead: an older one would stop at the
 *      first of them, and with it a copy of everything. So the lead goes to the newer version with the last of the older ones.
 * FM2  An older server that comes when the log holds such records already can neither follow nor lead, and holds nobody up.
 * FM3  What a server reads includes what every older version wrote.
 */
import { EVENT_VERSION } from "../core/event.ts";
import { RECORD_VERSION } from "./record.ts";

/** The newest forms of records, and of events in them, that a server reads; it writes the same. */
export interface Forms {
  readonly record: number;
  readonly event: number;
}

export const OWN_FORMS: Forms = { record: RECORD_VERSION, event: EVENT_VERSION };

export interface Speaker {
  readonly name: string;
  /** Absent: a version that did not say so yet, which read the first ones. */
  readonly reads?: Forms;
  readonly shards: Readonly<Record<string, { readonly tooOld?: true }>>;
}

const FIRST: Forms = { record: 1, event: 1 };

/** Of these servers the names of those who would have to stop at what `writer` writes. */
export function whoCannotRead(writer: Pick<Speaker, "reads">, all: readonly Speaker[], shard: string): string[] {
  const { record, event } = writer.reads ?? FIRST;
  return all
    .filter(({ shards }) => shards[shard] !== undefined && shards[shard].tooOld !== true)
    .filter(({ reads = FIRST }) => reads.record < record || reads.event < event)
    .map(({ name }) => name);
}
