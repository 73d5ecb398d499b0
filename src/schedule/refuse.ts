/** How the fields of a schedule are refused. */
import { OctopusError } from "../base/errors.ts";

/** The refusal of one field of a schedule. */
export function invalid(path: string, message: string, cause?: unknown): OctopusError {
  return new OctopusError("invalid", `${path} ${message}`, { cause, issues: [{ path, message }] });
}
