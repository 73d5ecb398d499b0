/** A line so small that it needs no axes: how something went, at a glance. Gaps stay gaps. */
import styles from "./spark.module.css";

interface SparkProps {
  /** What it shows, with its newest value, for those who do not see it. */
  label: string;
  values: readonly (number | null)[];
  /** Value at the upper edge; default: the largest one. */
  max?: number;
  tone?: "accent" | "good" | "bad" | "warn" | "busy" | "wait";
  width?: number;
  height?: number;
}

export function Spark({ label, values, max, tone = "accent", width = 120, height = 28 }: SparkProps) {
  const top = Math.max(max ?? 0, ...values.map((value) => value ?? 0)) || 1;
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const y = (value: number): number => height - 1.5 - (value / top) * (height - 3);
  let path = "";
  let area = "";
  let begun: number | undefined;
  values.forEach((value, i) => {
    const x = Math.round(i * step * 10) / 10;
    if (value === null) {
      if (begun !== undefined) area += `L${x - step} ${height}Z`;
      begun = undefined;
      return;
    }
    const point = `${x} ${Math.round(y(value) * 10) / 10}`;
    path += begun === undefined ? `M${point}` : `L${point}`;
    area += begun === undefined ? `M${x} ${height}L${point}` : `L${point}`;
    begun ??= x;
  });
  if (begun !== undefined) area += `L${width} ${height}Z`;
  return (
    <svg
      className={`${styles["spark"]} ${styles[tone]}`}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={label}
      preserveAspectRatio="none"
    >
      <title>{label}</title>
      <path d={area} className={styles["area"]} />
      <path d={path} className={styles["line"]} />
    </svg>
  );
}
