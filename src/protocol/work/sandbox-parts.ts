/** The parts of a sandbox, for those who carry them out: without the schema, which a worker does not load. */

/** What a sandbox can be made of, and the label that says that a worker can do it. */
export const SANDBOX_PARTS = ["network", "files", "user", "limits", "processes"] as const;
export type SandboxPart = (typeof SANDBOX_PARTS)[number];

/** Label of a worker that can do this part: `sandbox.network`. */
export function sandboxLabel(part: SandboxPart): string {
  return `sandbox.${part}`;
}

/** A sandbox, with all that it may say. */
export interface SandboxWish {
  network?: "none" | "host" | undefined;
  files?: "readonly" | "host" | undefined;
  write?: string[] | undefined;
  processes?: "own" | "host" | undefined;
  user?: string | undefined;
  /** Bytes. */
  memory?: number | undefined;
  /** Milliseconds. */
  cpuTime?: number | undefined;
  /** Bytes. */
  fileSize?: number | undefined;
  openFiles?: number | undefined;
}

/** The parts that a sandbox asks for: what its worker must be able to do. */
export function sandboxParts(sandbox: SandboxWish): SandboxPart[] {
  const { network, files, processes, user, memory, cpuTime, fileSize, openFiles } = sandbox;
  const parts: SandboxPart[] = [];
  if (network === "none") parts.push("network");
  if (files === "readonly") parts.push("files");
  if (processes === "own") parts.push("processes");
  if (user !== undefined) parts.push("user");
  if ([memory, cpuTime, fileSize, openFiles].some((limit) => limit !== undefined)) parts.push("limits");
  return parts;
}
