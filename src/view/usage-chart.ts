/** What a worker used over time, as a chart takes it: seconds, and a column for each line. */
import type { UsageHistory } from "../protocol/worker-views.ts";

export interface UsageChart {
  title: string;
  /** Shares are drawn from 0 to 100%, numbers from 0 to their largest. */
  unit: "share" | "number";
  /** Epoch seconds. */
  times: number[];
  lines: { label: string; values: (number | null)[] }[];
}

type Series = "cpu" | "memory" | "disk" | "gpu" | "load" | "active";

const CHARTS: readonly { title: string; unit: UsageChart["unit"]; of: readonly (readonly [Series, string])[] }[] = [
  {
    title: "Machine",
    unit: "share",
    of: [
      ["cpu", "CPU"],
      ["memory", "Memory"],
      ["disk", "Disk"],
      ["gpu", "GPU"],
    ],
  },
  {
    title: "Tasks",
    unit: "number",
    of: [
      ["active", "running"],
      ["load", "load"],
    ],
  },
];

/** Lines of which nothing is known are left out, and charts without lines. */
export function usageCharts(history: UsageHistory): UsageChart[] {
  const times = history.cpu.map((_, i) => (history.from + i * history.stepMs) / 1000);
  return CHARTS.flatMap(({ title, unit, of }) => {
    const lines = of
      .map(([series, label]) => ({ label, values: history[series] }))
      .filter(({ values }) => values.some((value) => value !== null));
    return lines.length === 0 ? [] : [{ title, unit, times, lines }];
  });
}
