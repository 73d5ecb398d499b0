/** What the server's own validator says of a text while it is written: the last answer stays until the next is there. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { WorkflowCheck } from "@octopus/protocol/workflow.ts";
import { problemPlace } from "@octopus/view/problem-place.ts";
import type { WorkflowDraft } from "@octopus/view/workflow-drafts.ts";
import { client } from "../../../data/client.ts";
import type { EditorProblem } from "../../../editor/editor.tsx";

/** After the last key. */
const QUIET_MS = 250;

export interface Checked {
  check: WorkflowCheck | undefined;
  /** The answer is about a text of before. */
  isOld: boolean;
  error: unknown;
}

type Texts = Pick<WorkflowDraft, "definition" | "files">;

export function useCheck(texts: Texts, source: string): Checked {
  const settled = useSettled(texts);
  const isEmpty = settled.definition.trim() === "";
  const { data, error, isPlaceholderData } = useQuery({
    queryKey: ["check", source, settled.definition, settled.files],
    queryFn: () => {
      const { definition, files } = settled;
      return client.checkWorkflow({ definition, files, source }, { plan: true });
    },
    placeholderData: keepPreviousData,
    enabled: !isEmpty,
    gcTime: 60_000,
  });
  return { check: isEmpty ? undefined : data, isOld: isPlaceholderData || settled !== texts, error };
}

function useSettled(texts: Texts): Texts {
  const [settled, setSettled] = useState(texts);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(texts), QUIET_MS);
    return () => clearTimeout(timer);
  }, [texts]);
  return settled;
}

export interface Finding extends Partial<EditorProblem> {
  message: string;
  /** The text that it is in, as it was named; absent for what has no place. */
  file?: string;
}

/** Problems first, then what is only odd. */
export function findingsOf({ problems, warnings }: Pick<WorkflowCheck, "problems" | "warnings">): Finding[] {
  return [...problems.map((one) => findingOf(one, false)), ...warnings.map((one) => findingOf(one, true))];
}

function findingOf({ path, message }: { path: string; message: string }, isWarning: boolean): Finding {
  const place = problemPlace(path);
  if (place !== undefined) return { ...place, message, isWarning };
  return { message: path === "" ? message : `${path} ${message}`, isWarning };
}

/** What is said of one of the texts. */
export function marksOf(findings: readonly Finding[], file: string): EditorProblem[] {
  return findings.flatMap(({ line, ...rest }) => (line !== undefined && rest.file === file ? [{ line, ...rest }] : []));
}
