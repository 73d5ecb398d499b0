/** What an acknowledgement of this database survives, in words, by the settings that it has. */
import type { BackendView } from "../ports.ts";

/** Settings of the server as this user's sessions have them. */
export interface Guarantees extends Record<string, string> {
  fsync: string;
  commit: string;
  pages: string;
  standbys: string;
}

export function durabilityWords({
  fsync,
  commit,
  pages,
  standbys,
}: Guarantees): Pick<BackendView, "durability" | "warnings"> {
  const warnings: string[] = [];
  if (fsync !== "on")
    warnings.push("fsync is off in PostgreSQL: a power cut can lose what was acknowledged, and the database with it");
  if (pages !== "on")
    warnings.push("full_page_writes is off in PostgreSQL: a power cut can leave pages that are half written");
  if (standbys === "")
    warnings.push("PostgreSQL has no synchronous standby: what was acknowledged is lost with the disk of this server");
  if (commit === "off" || commit === "local")
    warnings.push(`synchronous_commit is ${commit} for this user: a crash of PostgreSQL can lose the newest records`);
  return { durability: words({ fsync, commit, standbys }), warnings };
}

function words({ fsync, commit, standbys }: Pick<Guarantees, "fsync" | "commit" | "standbys">): string {
  if (commit === "off")
    return "the end of this server's processes, not a crash of PostgreSQL (synchronous_commit = off)";
  const disk = fsync === "on" ? "kill -9 and a power cut of PostgreSQL" : "kill -9 of PostgreSQL, not a power cut";
  if (standbys === "" || commit === "local") return `${disk} (written to its disk before the answer)`;
  return `${disk}, and the loss of its machine (written by a synchronous standby too: ${standbys}, ${commit})`;
}
