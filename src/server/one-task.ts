/** Refusals of a task that came alone: the engine speaks of the first of many, and its sender sent no list. */
import { OctopusError } from "../base/errors.ts";

const FIRST = /\btasks\[0\]\.?/g;

export function aboutOne(text: string): string {
  return text.replace(FIRST, "");
}

/** The same refusal without the place in a list. */
export function aboutOneTask(error: unknown): unknown {
  if (!(error instanceof OctopusError) || error.issues.length === 0) return error;
  const { code, retryable, cause } = error;
  const issues = error.issues.map(({ path, message }) => ({
    path: aboutOne(path),
    message: aboutOne(message),
  }));
  return new OctopusError(code, aboutOne(error.message), { retryable, issues, cause });
}
