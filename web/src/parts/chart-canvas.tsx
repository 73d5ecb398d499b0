/**
 * Draws lines over time with uPlot, in the colours of the theme, as wide as there is room. The legend is text of our own: it
 * says the newest values, and those under the pointer.
 */
import { useEffect, useRef, useState } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useChoices } from "../app/choices.ts";
import styles from "./chart.module.css";

export interface ChartProps {
  /** What it shows, for those who do not see it. */
  label: string;
  /** Epoch seconds. */
  times: readonly number[];
  lines: readonly { label: string; values: readonly (number | null)[]; tone?: "good" | "bad" }[];
  /** Shares go from 0 to 100%. */
  unit: "share" | "number";
}

const HEIGHT = 170;
const COLOURS = ["--series-1", "--series-2", "--series-4", "--series-5", "--series-3"];

export function ChartCanvas({ label, times, lines, unit }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const [at, setAt] = useState<number | null>(null);
  const { zone } = useChoices();
  const theme = useTheme();
  const names = lines.map((line) => line.label).join("\n");
  const tones = lines.map(({ tone }, i) => toneOf(tone, i)).join();

  useEffect(() => {
    const box = place.current!;
    const made = new UPlot(
      optionsOf({
        width: box.clientWidth,
        names: names.split("\n"),
        tones: tones.split(",").map(Number),
        unit,
        isUtc: zone === "utc",
        onMove: setAt,
      }),
      [[], ...names.split("\n").map(() => [])] as UPlot.AlignedData,
      box,
    );
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height: HEIGHT }));
    watch.observe(box);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [names, tones, unit, zone, theme]);

  useEffect(() => {
    plot.current?.setData([[...times], ...lines.map(({ values }) => [...values])] as UPlot.AlignedData);
  }, [times, lines, names, tones, unit, zone, theme]);

  const words = lines.map(({ label: name, values }) => `${name} ${textOf(newestOf(values), unit)}`);
  return (
    <>
      <div ref={place} className={styles["room"]} role="img" aria-label={`${label}, now: ${words.join(", ")}`} />
      <figcaption className={styles["legend"]}>
        {lines.map(({ label: name, values, tone }, i) => (
          <span key={name} className={styles["entry"]}>
            <span className={styles[`series${toneOf(tone, i) + 1}`]} aria-hidden />
            {name} <b>{textOf(at === null ? newestOf(values) : (values[at] ?? null), unit)}</b>
          </span>
        ))}
      </figcaption>
    </>
  );
}

/** Which of the colours a line has: what is good is green, what is bad is red. */
function toneOf(tone: "good" | "bad" | undefined, place: number): number {
  if (tone === undefined) return place % COLOURS.length;
  return COLOURS.indexOf(tone === "good" ? "--series-2" : "--series-3");
}

interface Wishes {
  width: number;
  names: readonly string[];
  /** Their colours, by place. */
  tones: readonly number[];
  unit: ChartProps["unit"];
  isUtc: boolean;
  onMove(at: number | null): void;
}

function optionsOf({ width, names, tones, unit, isUtc, onMove }: Wishes): UPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis: UPlot.Axis = {
    stroke: colour("--text-3"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: `12px ${style.getPropertyValue("--font")}`,
  };
  return {
    width,
    height: HEIGHT,
    ...(isUtc && { tzDate: (seconds: number) => UPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") }),
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, unit === "share" ? 1 : Math.max(1, max * 1.1)] } },
    axes: [
      { ...axis, values: AXIS_TIMES, space: 70, size: 28 },
      {
        ...axis,
        size: 46,
        ...(unit === "share"
          ? { splits: () => [0, 0.25, 0.5, 0.75, 1], values: (_, splits) => splits.map((split) => `${split * 100}%`) }
          : { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] }),
      },
    ],
    series: [
      {},
      ...names.map((name, i) => ({
        label: name,
        stroke: colour(COLOURS[tones[i]!]!),
        width: 1.5,
        points: { show: false },
        spanGaps: false,
      })),
    ],
    hooks: { setCursor: [({ cursor: { idx } }) => onMove(idx ?? null)] },
  };
}

/** Twenty-four hours everywhere. */
const AXIS_TIMES: UPlot.Axis.Values = [
  [86_400, "{D} {MMM}", null, null, null, null, null, null, 1],
  [60, "{HH}:{mm}", null, null, null, null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1],
];

function newestOf(values: readonly (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null;
}

function textOf(value: number | null, unit: ChartProps["unit"]): string {
  if (value === null) return "–";
  return unit === "share" ? `${Math.round(value * 100)}%` : String(Math.round(value * 100) / 100);
}

/** Changes with the theme, which the canvas cannot follow by itself. */
function useTheme(): string {
  const { theme } = useChoices();
  const [isDark, setDark] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const look = (): void => setDark(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  return theme === "system" ? (isDark ? "dark" : "light") : theme;
}
