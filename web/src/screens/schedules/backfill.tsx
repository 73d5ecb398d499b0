/** Fires ticks of a range that were not fired. How many that are, the server says before. */
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import type { ScheduleView } from "@octopus/protocol/schedule-views.ts";
import { useChoices } from "../../app/choices.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { issuesOf } from "../../data/words.ts";
import { TextInput } from "../../parts/field.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import styles from "./schedule.module.css";

const DAY_MS = 86_400_000;

export function Backfill({ schedule: { name }, onClose }: { schedule: ScheduleView; onClose(): void }) {
  const isUtc = useChoices().zone === "utc";
  const [from, setFrom] = useState(() => fieldText(Date.now() - DAY_MS, isUtc));
  const [to, setTo] = useState(() => fieldText(Date.now(), isUtc));
  const range = useDeferredValue(`${momentOf(from, isUtc) ?? ""} ${momentOf(to, isUtc) ?? ""}`);
  const [begin = "", end = ""] = range.split(" ");
  const counted = useQuery({
    queryKey: keys.schedule(name, "backfill", begin, end),
    queryFn: () => client.backfillSchedule(name, begin, end, { preview: true }),
    enabled: begin !== "" && end !== "",
    retry: false,
  });
  const count = counted.data?.count;
  const fire = useAction({
    run: () => client.backfillSchedule(name, begin, end),
    done: (made) => `${made.count} ticks of ${name} fired`,
    stale: [keys.schedules, keys.schedule(name)],
    isQuiet: true,
    onDone: onClose,
  });
  const issues = issuesOf(fire.error ?? counted.error);
  const error = fire.error ?? counted.error;
  return (
    <FormDialog
      title={`Fire past ticks of ${name}`}
      lead="Ticks of the range that made nothing: missed, left out, or from before the schedule was there."
      deed={deedOf(count)}
      isBusy={fire.isPending}
      isReady={count !== undefined && count > 0}
      error={issues.size === 0 ? error : undefined}
      onSend={() => fire.run()}
      onClose={onClose}
    >
      <div className={styles["fields"]}>
        <TextInput
          label={isUtc ? "From (UTC)" : "From"}
          type="datetime-local"
          value={from}
          onChange={setFrom}
          error={issues.get("from")}
        />
        <TextInput
          label={isUtc ? "Until (UTC), exclusive" : "Until, exclusive"}
          type="datetime-local"
          value={to}
          onChange={setTo}
          error={issues.get("to")}
        />
      </div>
      {(error === null || issues.size > 0) && (
        <p role="status" className={styles["hint"]}>
          {count === undefined
            ? error === null && "Counting…"
            : count === 0
              ? "In this range every tick has fired."
              : `${count === 1 ? "One tick makes" : `${count} ticks make`} what the schedule submits, at once.`}
        </p>
      )}
    </FormDialog>
  );
}

function deedOf(count: number | undefined): string {
  if (count === undefined) return "Fire ticks";
  return count === 1 ? "Fire 1 tick" : `Fire ${count} ticks`;
}

/** As the field takes it: local, or UTC where a person reads times so. */
function fieldText(at: number, isUtc: boolean): string {
  const date = new Date(at);
  const shown = isUtc ? date : new Date(at - date.getTimezoneOffset() * 60_000);
  return shown.toISOString().slice(0, 16);
}

function momentOf(text: string, isUtc: boolean): string | undefined {
  const date = new Date(isUtc ? `${text}Z` : text);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
