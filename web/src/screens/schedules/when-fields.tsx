/** Fields for when a schedule is due, and for what becomes of ticks that come too early or too late. */
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { CATCH_UPS, OVERLAPS } from "@octopus/base/words.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { ChipToggle } from "../../parts/chips.tsx";
import { Checkbox, Select, TextArea, TextInput } from "../../parts/field.tsx";
import styles from "./schedule.module.css";
import type { FormPart } from "./schedule-editor.tsx";

const KINDS = [
  ["cron", "By the calendar"],
  ["every", "At intervals"],
  ["at", "At certain moments"],
] as const;

const OVERLAP_WORDS: Readonly<Record<(typeof OVERLAPS)[number], string>> = {
  allow: "run beside it",
  skip: "leave the new one out",
  queue_one: "let one wait",
  queue_all: "let all wait",
  cancel_previous: "cancel the one before",
};
const CATCH_UP_WORDS: Readonly<Record<(typeof CATCH_UPS)[number], string>> = {
  none: "let them go",
  latest: "fire the newest",
  all: "fire all",
};

export function WhenFields({ form, change, errorAt }: FormPart) {
  const zones = useId();
  return (
    <fieldset className={styles["group"]}>
      <legend>When</legend>
      <div className={styles["choices"]}>
        {KINDS.map(([kind, label]) => (
          <ChipToggle key={kind} isOn={form.whenKind === kind} onChange={() => change({ whenKind: kind })}>
            {label}
          </ChipToggle>
        ))}
      </div>
      {form.whenKind === "cron" && (
        <TextArea
          label="Cron expressions"
          rows={Math.max(1, form.cron.split("\n").length)}
          hint="minute hour day month weekday, one a line: 30 8 * * mon-fri, */10 * * * *, @daily, H 3 * * *"
          value={form.cron}
          onChange={(cron) => change({ cron })}
          error={errorAt("cron")}
        />
      )}
      {form.whenKind === "every" && (
        <TextInput
          label="Time between two ticks"
          hint="90s, 15m, 1h30m, 2d"
          value={form.every}
          onChange={(every) => change({ every })}
          error={errorAt("every")}
        />
      )}
      {form.whenKind === "at" && (
        <TextArea
          label="Moments"
          hint="With a zone, one a line: 2026-12-24T18:00:00+01:00"
          value={form.at}
          onChange={(at) => change({ at })}
          error={errorAt("at")}
        />
      )}
      <div className={styles["fields"]}>
        <TextInput
          label="Time zone"
          hint="Whose clocks are meant; empty: the server's"
          list={zones}
          value={form.zone}
          onChange={(zone) => change({ zone })}
          error={errorAt("zone")}
        />
        <datalist id={zones}>
          {Intl.supportedValuesOf("timeZone").map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
        <TextInput
          label="Not on"
          hint="Days: sat, sun, 12-25, 2026-07-01/2026-07-14"
          value={form.exclude}
          onChange={(exclude) => change({ exclude })}
          error={errorAt("exclude")}
        />
      </div>
      <CalendarFields form={form} change={change} errorAt={errorAt} />
    </fieldset>
  );
}

function CalendarFields({ form, change, errorAt }: FormPart) {
  const { data = [] } = useQuery({ queryKey: keys.calendars, queryFn: () => client.calendars() });
  const names = [...new Set([...data.map(({ name }) => name), ...form.calendars])];
  if (names.length === 0) return null;
  return (
    <div className={styles["choices"]}>
      {names.map((name) => (
        <Checkbox
          key={name}
          label={`Not on days of ${name}`}
          isOn={form.calendars.includes(name)}
          onChange={(isOn) =>
            change({ calendars: isOn ? [...form.calendars, name] : form.calendars.filter((one) => one !== name) })
          }
        />
      ))}
      {errorAt("calendars") !== undefined && <p className={styles["hint"]}>{errorAt("calendars")}</p>}
    </div>
  );
}

export function RuleFields({ form, change, errorAt }: FormPart) {
  const wrong = errorAt("overlap", "catchUp", "jitter", "start", "end", "blackouts");
  const isUsual =
    form.overlap === "allow" &&
    form.catchUp === "latest" &&
    [form.catchUpWindow, form.jitter, form.start, form.end, form.blackouts].every((text) => text === "");
  return (
    <details className={styles["fold"]} open={!isUsual || wrong !== undefined || undefined}>
      <summary>Overlap, missed ticks, from and until</summary>
      <div className={styles["fields"]}>
        <Select
          label="While the one before runs"
          options={OVERLAPS.map((value) => ({ value, label: OVERLAP_WORDS[value] }))}
          value={form.overlap}
          onChange={(overlap) => change({ overlap })}
          error={errorAt("overlap")}
        />
        <Select
          label="Ticks missed while nobody was there"
          options={CATCH_UPS.map((value) => ({ value, label: CATCH_UP_WORDS[value] }))}
          value={form.catchUp}
          onChange={(catchUp) => change({ catchUp })}
          error={errorAt("catchUp.policy")}
        />
        <TextInput
          label="Missed no longer ago than"
          placeholder="1d"
          value={form.catchUpWindow}
          onChange={(catchUpWindow) => change({ catchUpWindow })}
          error={errorAt("catchUp")}
        />
        <TextInput
          label="Jitter"
          hint="At most so much later, by chance"
          placeholder="30s"
          value={form.jitter}
          onChange={(jitter) => change({ jitter })}
          error={errorAt("jitter")}
        />
        <TextInput
          label="From"
          placeholder="2026-12-01T00:00:00Z"
          value={form.start}
          onChange={(start) => change({ start })}
          error={errorAt("start")}
        />
        <TextInput
          label="Until"
          placeholder="2027-01-01T00:00:00Z"
          value={form.end}
          onChange={(end) => change({ end })}
          error={errorAt("end")}
        />
        <TextArea
          label="Never between"
          rows={2}
          hint="22:00-06:00 mon,tue, or two moments with / between them; one a line"
          value={form.blackouts}
          onChange={(blackouts) => change({ blackouts })}
          error={errorAt("blackouts")}
        />
      </div>
    </details>
  );
}
