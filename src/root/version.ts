/** The version of this copy of Octopus. */
import { readFileSync } from "node:fs";

let version: string | undefined;

/** Read off package.json, one folder up both in the source tree and in the published one. */
export function ownVersion(): string {
  version ??= (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string })
    .version;
  return version;
}
