/** What a person has written of a workflow and not saved yet, as it is kept in the browser. */

export interface WorkflowDraft {
  /** Hash of the definition that it began with; null for a workflow that is new. */
  base: string | null;
  definition: string;
  files: Record<string, string>;
}

/** What was kept, or nothing where that is no draft. */
export function readDraft(text: string | null): WorkflowDraft | undefined {
  if (text === null) return undefined;
  try {
    const { base, definition, files } = JSON.parse(text) as Partial<WorkflowDraft>;
    if (typeof definition !== "string" || !(base === null || typeof base === "string")) return undefined;
    return { base, definition, files: typeof files === "object" && files !== null ? files : {} };
  } catch {
    return undefined;
  }
}

/** The same texts: there is nothing to save. */
export function isSameText(
  a: Pick<WorkflowDraft, "definition" | "files">,
  b: { definition: string; files?: Record<string, string> | undefined },
): boolean {
  const [ours, theirs] = [a.files, b.files ?? {}];
  const names = Object.keys(ours);
  return (
    a.definition === b.definition &&
    names.length === Object.keys(theirs).length &&
    names.every((name) => ours[name] === theirs[name])
  );
}
