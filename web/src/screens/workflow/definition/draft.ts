/**
 * Drafts of workflows, kept in the tab until they are saved or discarded: whoever looks at another screen, or reloads, finds
 * what they wrote. The name of a new workflow's draft is `NEW`.
 */
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { readDraft, type WorkflowDraft } from "@octopus/view/workflow-drafts.ts";
import { keptPlace } from "../../../data/here.ts";

/** No workflow can have this name. */
export const NEW = " new";

const PREFIX = keptPlace("octopus.draft.workflow.");
const watchers = new Set<() => void>();
/** What is in the storage, or would be if it took anything. */
const drafts = new Map<string, WorkflowDraft | undefined>();

export function draftOf(name: string): WorkflowDraft | undefined {
  if (!drafts.has(name)) drafts.set(name, readDraft(stored(name)));
  return drafts.get(name);
}

function stored(name: string): string | null {
  try {
    return sessionStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function keepDraft(name: string, draft: WorkflowDraft): void {
  drafts.set(name, draft);
  try {
    sessionStorage.setItem(PREFIX + name, JSON.stringify(draft));
  } catch {
    // No room, or no storage: it is kept until the page is left.
  }
  for (const watcher of watchers) watcher();
}

export function dropDraft(name: string): void {
  drafts.set(name, undefined);
  try {
    sessionStorage.removeItem(PREFIX + name);
  } catch {
    // There was none.
  }
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function useDraft(name: string): WorkflowDraft | undefined {
  return useSyncExternalStore(
    watch,
    useCallback(() => draftOf(name), [name]),
  );
}

export function useHasDraft(name: string): boolean {
  return useDraft(name) !== undefined;
}

/** The browser asks before the tab is closed, which would lose it. */
export function useLeaveGuard(isDirty: boolean): void {
  useEffect(() => {
    if (!isDirty) return undefined;
    const guard = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener("beforeunload", guard);
    return () => window.removeEventListener("beforeunload", guard);
  }, [isDirty]);
}
