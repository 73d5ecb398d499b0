/** Where in a workflow file a problem is: what the compiler says is `file:line:column`. */

export interface ProblemPlace {
  /** The file, as it was named when it was given. */
  file: string;
  line: number;
  column: number;
}

/** Undefined for a problem that has no place in a text. */
export function problemPlace(path: string): ProblemPlace | undefined {
  const found = /^(.+):(\d+):(\d+)$/s.exec(path);
  if (found === null) return undefined;
  return { file: found[1]!, line: Number(found[2]), column: Number(found[3]) };
}
