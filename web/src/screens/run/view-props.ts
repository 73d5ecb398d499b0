/** What every view of the run page is given: one state for all of them. */
import type { Folds } from "./opened.ts";
import type { RunData } from "./run-data.ts";

export interface ViewProps {
  data: RunData;
  folds: Folds;
  /** Id of the selected task, or of a group of the graph; empty: none. */
  selected: string;
  select(id: string | undefined): void;
}
