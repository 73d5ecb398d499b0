/** States to be turned on and off, each with how many tasks are in it, and the stretch of time. */
import { TASK_STATES, type TaskState } from "@octopus/base/words.ts";
import type { StatusView } from "@octopus/protocol/views.ts";
import { isEverything, type TaskFilter, toggleState, withTerm } from "@octopus/view/query.ts";
import { ChipToggle } from "../../parts/chips.tsx";
import { Select } from "../../parts/field.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import styles from "./tasks.module.css";

interface FilterProps {
  filter: TaskFilter;
  onChange(filter: TaskFilter): void;
}

/** Shown also while no task is in them. */
const ALWAYS: readonly TaskState[] = ["queued", "running", "succeeded", "failed"];

export function StateChips({ filter, onChange, status }: FilterProps & { status: StatusView | undefined }) {
  // Counters are of all tasks: beside another filter they would say something else than the list.
  const areTold = isEverything(withTerm(filter, "state", undefined));
  return (
    <div className={styles["chips"]} role="group" aria-label="States">
      {TASK_STATES.map((state) => {
        const count = status?.counts[state] ?? 0;
        const isOn = filter.state?.includes(state) === true;
        if (count === 0 && !isOn && !ALWAYS.includes(state)) return null;
        return (
          <ChipToggle key={state} isOn={isOn} onChange={() => onChange(toggleState(filter, state))}>
            <StateMark state={state} withLabel />
            {areTold && count > 0 && <span className={styles["count"]}>{count.toLocaleString("en")}</span>}
          </ChipToggle>
        );
      })}
    </div>
  );
}

const TIMES = [
  { value: "", label: "Any time" },
  { value: "15m", label: "Last 15 minutes" },
  { value: "1h", label: "Last hour" },
  { value: "6h", label: "Last 6 hours" },
  { value: "today", label: "Today" },
  { value: "24h", label: "Last 24 hours" },
  { value: "7d", label: "Last 7 days" },
];

export function TimeRange({ filter, onChange }: FilterProps) {
  const { after = "", before } = filter;
  const own = [after === "" ? "" : `since ${after}`, before === undefined ? "" : `until ${before}`].filter(Boolean);
  const isOwn = before !== undefined || !TIMES.some(({ value }) => value === after);
  const options = isOwn ? [{ value: "own", label: own.join(" ") }, ...TIMES] : TIMES;
  return (
    <div className={styles["time"]}>
      <Select
        label="Created"
        isBare
        value={isOwn ? "own" : after}
        options={options}
        onChange={(value) => {
          if (value === "own") return;
          onChange(withTerm(withTerm(filter, "before", undefined), "after", value === "" ? undefined : value));
        }}
      />
    </div>
  );
}
