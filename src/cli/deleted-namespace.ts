/** Which of the deleted namespaces is meant: by its id, or the newest that had the name. */
import { OctopusError } from "../base/errors.ts";
import type { Client } from "../client/client.ts";
import type { DeletedNamespaceView } from "../protocol/namespace.ts";

export async function deletedNamed(client: Client, word: string): Promise<DeletedNamespaceView> {
  const all = await client.deletedNamespaces();
  const found = all.find(({ id, name }) => id === word || name === word);
  if (found !== undefined) return found;
  const kept = all.map(({ id }) => id).join(", ");
  const there = all.length === 0 ? "nothing is kept of any" : `kept are ${kept}`;
  throw new OctopusError("not_found", `nothing is kept of a deleted namespace "${word}": ${there}`);
}
