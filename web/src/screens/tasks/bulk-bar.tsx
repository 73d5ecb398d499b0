/**
 * What is done to many tasks at once: to those that are ticked, or to all that match the filter. The server counts them
 * first, and the count is in the question.
 */
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { type BulkActionName, isEnded } from "@octopus/base/words.ts";
import type { BulkFilterSubmission, BulkSubmission } from "@octopus/protocol/bulk.ts";
import type { TaskView } from "@octopus/protocol/views.ts";
import { BULK_DEEDS, bulkQuestion } from "@octopus/view/bulk-words.ts";
import { isEverything } from "@octopus/view/query.ts";
import { TASK_STATES } from "@octopus/base/words.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { wordsOf } from "../../data/words.ts";
import { Button } from "../../parts/button.tsx";
import { useConfirm } from "../../parts/dialog.tsx";
import { Menu, type MenuItem } from "../../parts/menu.tsx";
import type { Ticks } from "../../parts/ticks.ts";
import { useToasts } from "../../parts/toasts.tsx";
import { noteBegun } from "./bulk-progress.tsx";
import { ChangeDialog, type Change } from "./change-dialog.tsx";
import type { ShownFilter } from "./filter.ts";
import styles from "./tasks.module.css";

/** Ids that may be named in one action. */
const IDS_MAX = 10_000;
/** Deleting more than so many asks for the number to be typed. */
const TYPED_ABOVE = 100;

type Reach = { ids: string[] } | { filter: BulkFilterSubmission };

/** For all that match the filter, without ticking them. */
export function BulkAll({ shown }: { shown: ShownFilter }) {
  const bulk = useBulk(() => undefined);
  const what = isEverything(shown.filter) ? "Do to all tasks" : "Do to all that match";
  return (
    <>
      <Menu
        label={what}
        trigger={
          <Button isSmall icon={<ChevronDown aria-hidden />}>
            {what}
          </Button>
        }
        items={ACTIONS.map((action): MenuItem => ({
          label: `${BULK_DEEDS[action].deed}…`,
          isDanger: action === "delete",
          run: () => bulk.begin(action, { filter: filterOf(shown) }),
        }))}
      />
      {bulk.dialog}
    </>
  );
}

export function BulkBar({ ticks }: { ticks: Ticks<TaskView> }) {
  const bulk = useBulk(() => ticks.clear());
  const count = ticks.rows.size;
  const ids = [...ticks.rows.keys()];
  const states = [...ticks.rows.values()].map(({ state }) => state);
  const areLive = states.some((state) => !isEnded(state));
  const areEnded = states.some(isEnded);
  const areDead = [...ticks.rows.values()].some(({ dead }) => dead === true);
  if (count === 0) return bulk.dialog;
  const isPossible = (action: BulkActionName): boolean => {
    if (action === "retry" || action === "delete") return areEnded;
    return action === "dismiss" ? areDead : areLive;
  };
  return (
    <div className={styles["bulk"]} role="toolbar" aria-label="Ticked tasks">
      <strong className={styles["bulkWords"]}>{count.toLocaleString("en")} ticked</strong>
      {ACTIONS.filter((action) => action !== "dismiss" || areDead).map((action) => (
        <Button
          key={action}
          isSmall
          kind={action === "delete" ? "danger" : "plain"}
          disabled={!isPossible(action) || count > IDS_MAX}
          onClick={() => bulk.begin(action, { ids })}
        >
          {BULK_DEEDS[action].deed}
          {action === "move" || action === "priority" ? "…" : ""}
        </Button>
      ))}
      <Button isSmall kind="quiet" onClick={() => ticks.clear()}>
        Untick
      </Button>
      {bulk.dialog}
    </div>
  );
}

const ACTIONS = ["cancel", "retry", "move", "priority", "dismiss", "delete"] as const;

/** All that the list shows; a filter with no key is refused by the server, and so all states are named. */
export function filterOf({ filter, asked }: Pick<ShownFilter, "filter" | "asked">): BulkFilterSubmission {
  if (isEverything(filter)) return { state: [...TASK_STATES] };
  return asked();
}

/** Counts, asks, begins. `dialog` is to be rendered. */
export function useBulk(onBegun: () => void) {
  const confirm = useConfirm();
  const toasts = useToasts();
  const [asked, setAsked] = useState<{ action: "move" | "priority"; reach: Reach }>();
  const start = useAction({
    run: (action: Omit<BulkSubmission, "preview">) => client.startBulk(action),
    stale: [keys.bulks],
    onDone: (view) => {
      noteBegun(view.id);
      onBegun();
    },
  });
  const ask = async (action: BulkActionName, reach: Reach, change: Change = {}): Promise<void> => {
    try {
      const count = "ids" in reach ? reach.ids.length : await client.countTasks(reach.filter);
      if (count === 0) return toasts.tell({ tone: "good", text: "No task matches now." });
      const { title, text, deed } = bulkQuestion(action, count, change, "filter" in reach);
      const typed = action === "delete" && count > TYPED_ABOVE ? String(count) : undefined;
      const isSure = await confirm({
        ...{ title, text, deed, isDanger: action === "delete" || action === "cancel" },
        ...(typed !== undefined && { typed }),
      });
      if (isSure) start.run({ action, ...reach, ...change });
    } catch (error) {
      toasts.tell({ tone: "bad", text: wordsOf(error) });
    }
  };
  const begin = (action: BulkActionName, reach: Reach): void => {
    if (action === "move" || action === "priority") setAsked({ action, reach });
    else void ask(action, reach);
  };
  const dialog = asked !== undefined && (
    <ChangeDialog
      what={asked.action}
      onClose={() => setAsked(undefined)}
      onDone={(change) => {
        setAsked(undefined);
        void ask(asked.action, asked.reach, change);
      }}
    />
  );
  return { begin, dialog, isPending: start.isPending };
}
