/**
 * What went wrong when something was read. While an earlier answer is on the screen, that the server is away is no news: the
 * frame of the page says it once.
 */
import { OctopusError } from "@octopus/base/errors.ts";
import { Trouble } from "./notices.tsx";

interface LateTroubleProps {
  error: unknown;
  /** An earlier answer is on the screen. */
  isShown: boolean;
  retry(): void;
}

export function LateTrouble({ error, isShown, retry }: LateTroubleProps) {
  if (error === null) return null;
  if (isShown && error instanceof OctopusError && error.code === "unreachable") return null;
  return <Trouble error={error} retry={retry} />;
}
