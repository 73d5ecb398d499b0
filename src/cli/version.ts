/** The version of this copy of Octopus. */
import { readFileSync } from "node:fs";

/** Read off package.json, which lies two folders up both in the source tree and in the published one. */
export function ownVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
