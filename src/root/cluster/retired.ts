/** The word that a cluster is closed, because its data was taken out of it. */
import { OctopusError } from "../../base/errors.ts";
import type { SharedValues } from "../../cluster/ports.ts";

export const RETIRED = "retired";

export interface Retired {
  /** ISO 8601. */
  at: string;
  /** Who took it out, and its data directory. */
  server: string;
  dir?: string;
  record: number;
}

export async function retiredOf(values: SharedValues): Promise<Retired | undefined> {
  const text = await values.get(RETIRED);
  return text === undefined ? undefined : (JSON.parse(text) as Retired);
}

/** Throws when nobody may go on with this cluster. */
export async function refuseRetired(values: SharedValues, cluster: string): Promise<void> {
  const retired = await retiredOf(values);
  if (retired === undefined) return;
  throw new OctopusError(
    "conflict",
    `cluster ${cluster} is closed: its data went to ${placeOf(retired)} at ${retired.at}, which stands alone since. ` +
      "`octopus migrate` there moves it back; or name another cluster with --cluster",
  );
}

function placeOf({ server, dir }: Retired): string {
  return dir === undefined ? `the directory of server ${server}` : `${dir} (server ${server})`;
}
