/** Filters of tasks under a name: those that come with the dashboard, and a person's own. */
import type { Json } from "../base/words.ts";

export interface SavedView {
  name: string;
  /** As it stands in the query bar. */
  q: string;
}

export const BUILT_IN_VIEWS: readonly SavedView[] = [
  { name: "All", q: "" },
  { name: "Running", q: "state:running" },
  { name: "Waiting", q: "state:blocked,scheduled,queued" },
  { name: "Failed today", q: "state:failed after:today" },
  { name: "Dead", q: "is:dead" },
  { name: "Mine", q: "owner:me" },
];

const VIEWS_MAX = 50;
const NAME_MAX = 60;

/** Views that were kept as JSON; what is not one is left out. */
export function readViews(text: string | null): SavedView[] {
  try {
    const json = JSON.parse(text ?? "[]") as Json;
    return Array.isArray(json) ? json.filter(isView).slice(0, VIEWS_MAX) : [];
  } catch {
    return [];
  }
}

function isView(value: unknown): value is SavedView & Record<string, Json> {
  const { name, q } = (value ?? {}) as Partial<Record<string, unknown>>;
  return typeof name === "string" && name !== "" && typeof q === "string";
}

/** With this view: in place of one of the same name, or as the last. */
export function withView(views: readonly SavedView[], view: SavedView): SavedView[] {
  const named = { name: view.name.trim().slice(0, NAME_MAX), q: view.q };
  if (views.some(({ name }) => name === named.name)) return views.map((one) => (one.name === named.name ? named : one));
  return [...views, named].slice(-VIEWS_MAX);
}

/** What is wrong with a name for a view. */
export function viewNameProblem(name: string): string | undefined {
  if (name.trim() === "") return "is needed";
  const isTaken = BUILT_IN_VIEWS.some((view) => view.name.toLowerCase() === name.trim().toLowerCase());
  return isTaken ? "is the name of a view that comes with Octopus" : undefined;
}
