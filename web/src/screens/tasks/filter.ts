/** What the screen of tasks asks for: the words in the URL, read; and what the server is asked with. */
import { useMemo } from "react";
import { useSearchText } from "../../app/search.ts";
import { useChoices } from "../../app/choices.ts";
import {
  askedTasks,
  type AskedTasks,
  parseQuery,
  printQuery,
  type QueryProblem,
  type TaskFilter,
} from "@octopus/view/query.ts";
import { useSession } from "../../data/session.ts";

export interface ShownFilter {
  /** As it stands in the URL. */
  text: string;
  filter: TaskFilter;
  problems: readonly QueryProblem[];
  setText(text: string): void;
  setFilter(filter: TaskFilter): void;
  /** With times as moments: those of now. */
  asked(): AskedTasks;
}

export function useTaskFilter(): ShownFilter {
  const [text, set] = useSearchText("q");
  const { zone } = useChoices();
  const { who } = useSession();
  return useMemo(() => {
    const { filter, problems } = parseQuery(text);
    return {
      text,
      filter,
      problems,
      setText: (now) => set(now),
      setFilter: (now) => set(printQuery(now)),
      asked: () => askedTasks(filter, Date.now(), zone, who),
    };
    // `set` is new each time, and does the same.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [text, zone, who]);
}
