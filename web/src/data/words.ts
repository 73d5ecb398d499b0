/** What went wrong, in the words of whoever said so. */
import { OctopusError } from "@octopus/base/errors.ts";

/** The server's own words. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Problems by the path of what they are about, for forms. */
export function issuesOf(error: unknown): ReadonlyMap<string, string> {
  const issues = error instanceof OctopusError ? error.issues : [];
  return new Map(issues.map(({ path, message }) => [path, message]));
}
