/** What the history of arms says at a glance: how many per minute, how long they wait, what failed. */
import type { ArmHistory, HistoryView } from "../protocol/history.ts";

type Values = readonly (number | null)[];

/** What was counted in these steps. */
export function sumOf(values: Values | undefined): number {
  return (values ?? []).reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

/** What was counted in the newest minute of whole steps. Nothing is known of what was before an arm was: it counts as none. */
export function perMinute(values: Values | undefined, stepMs: number): number {
  const steps = Math.max(1, Math.round(60_000 / stepMs));
  return (sumOf((values ?? []).slice(0, -1).slice(-steps)) * 60_000) / (steps * stepMs);
}

/** `12/min`, and with one place below ten. */
export function rateWords(value: number): string {
  if (value === 0) return "0/min";
  if (value >= 6000) return `${Math.round(value / 60)}/s`;
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)}/min`;
}

/** The mean wait of what started in the last five minutes; undefined: nothing did. */
export function recentWait(
  { started, waitMs }: Pick<ArmHistory, "started" | "waitMs">,
  stepMs: number,
): number | undefined {
  const steps = Math.max(1, Math.round(300_000 / stepMs));
  let count = 0;
  let sum = 0;
  for (let i = Math.max(0, started.length - steps); i < started.length; i++) {
    count += started[i] ?? 0;
    sum += (started[i] ?? 0) * (waitMs[i] ?? 0);
  }
  return count === 0 ? undefined : sum / count;
}

/** Gaps between known values hold the value before them, so that single ones are seen; what is open at the end stays so. */
export function bridged(values: Values): (number | null)[] {
  const last = values.findLastIndex((value) => value !== null);
  let held: number | null = null;
  return values.map((value, i) => (i > last ? null : (held = value ?? held)));
}

/** Without what was before the first known value, but for so many: a young server's line is not a dot at the edge. */
export function fromFirst(values: Values, least = 30): Values {
  const first = values.findIndex((value) => value !== null);
  return first < 0 ? values : values.slice(Math.max(0, Math.min(first, values.length - least)));
}

/** All arms as one. Waits are left out: their mean says nothing over arms that are not alike. */
export function wholeOf({
  arms,
  others,
}: HistoryView): Pick<ArmHistory, "started" | "succeeded" | "failed" | "queued" | "active"> {
  const columns = [...Object.values(arms), ...(others === undefined ? [] : [others])];
  const sum = (key: "started" | "succeeded" | "failed" | "queued" | "active"): (number | null)[] =>
    Array.from({ length: columns[0]?.[key].length ?? 0 }, (_, i) => {
      const known = columns.flatMap((column) => column[key][i] ?? []);
      return known.length === 0 ? null : known.reduce((all, value) => all + value, 0);
    });
  return {
    started: sum("started"),
    succeeded: sum("succeeded"),
    failed: sum("failed"),
    queued: sum("queued"),
    active: sum("active"),
  };
}
