/** Refusals of a task that came alone: the engine speaks of the first of many, and its sender sent no list. */
import { OctopusError } from "../base/errors.ts";

const FIRST = /\btasks\[0\]\.?/g;

/** The same refusal without the place in a list. */
export function aboutOneTask(error: unknown): unknown {
  if (!(error instanceof OctopusError) || error.issues.length === 0) return error;
  const { code, retryable, cause } = error;
  const issues = error.issues.map(({ path, message }) => ({
    path: path.replace(FIRST, ""),
    message: message.replace(FIRST, ""),
  }));
  return new OctopusError(code, error.message.replace(FIRST, ""), { retryable, issues, cause });
}
