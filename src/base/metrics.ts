/**
 * Counters, gauges and histograms, and their text as Prometheus reads it (exposition format 0.0.4). No clock, no I/O.
 *
 * MX1  A family has at most `SERIES_MAX` series: values of labels beyond that are counted under `other`.
 */

/** Series of one family. */
export const SERIES_MAX = 1000;
const OTHER = "other";

/** Bounds of durations in seconds, from a millisecond to an hour. */
export const SECONDS: readonly number[] = [
  ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 10, 30, 60, 300, 1800, 3600],
];

export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  lines(): Iterable<string>;
}

/** Values of labels to one thing each, bounded (MX1). */
class Series<T> {
  readonly #byKey = new Map<string, { labels: readonly string[]; value: T }>();
  readonly #make: () => T;

  constructor(make: () => T) {
    this.#make = make;
  }

  at(labels: readonly string[]): T {
    const key = labels.join("\n");
    let found = this.#byKey.get(key);
    if (found === undefined) {
      if (this.#byKey.size >= SERIES_MAX && labels.some((label) => label !== OTHER))
        return this.at(labels.map(() => OTHER));
      found = { labels: [...labels], value: this.#make() };
      this.#byKey.set(key, found);
    }
    return found.value;
  }

  values(): Iterable<{ labels: readonly string[]; value: T }> {
    return this.#byKey.values();
  }
}

/** Whoever counts often keeps what `at` answers. */
export interface Counter {
  count: number;
}

export class Counters {
  readonly type = "counter";
  readonly name: string;
  readonly help: string;
  readonly #names: readonly string[];
  readonly #series = new Series<Counter>(() => ({ count: 0 }));

  constructor(name: string, help: string, names: readonly string[] = []) {
    this.name = name;
    this.help = help;
    this.#names = names;
  }

  at(...labels: string[]): Counter {
    return this.#series.at(labels);
  }

  *lines(): Generator<string> {
    for (const { labels, value } of this.#series.values()) yield line(this.name, this.#names, labels, value.count);
  }
}

export class Histogram {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[] = SECONDS) {
    this.bounds = bounds;
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && value > bounds[at]!) at++;
    counts[at]!++;
    this.sum += value;
  }
}

export class Histograms {
  readonly type = "histogram";
  readonly name: string;
  readonly help: string;
  readonly #names: readonly string[];
  readonly #series = new Series<Histogram>(() => new Histogram());

  constructor(name: string, help: string, names: readonly string[] = []) {
    this.name = name;
    this.help = help;
    this.#names = names;
  }

  at(...labels: string[]): Histogram {
    return this.#series.at(labels);
  }

  *lines(): Generator<string> {
    const names = [...this.#names, "le"];
    for (const { labels, value } of this.#series.values()) {
      let total = 0;
      for (const [at, count] of value.counts.entries()) {
        total += count;
        yield line(`${this.name}_bucket`, names, [...labels, String(value.bounds[at] ?? "+Inf")], total);
      }
      yield line(`${this.name}_sum`, this.#names, labels, value.sum);
      yield line(`${this.name}_count`, this.#names, labels, total);
    }
  }
}

/** Read when somebody looks. */
export class Gauge {
  readonly type: "gauge" | "counter";
  readonly name: string;
  readonly help: string;
  readonly #read: () => Iterable<Sample> | number | undefined;

  constructor(
    name: string,
    help: string,
    read: () => Iterable<Sample> | number | undefined,
    type: "gauge" | "counter" = "gauge",
  ) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.#read = read;
  }

  *lines(): Generator<string> {
    const read = this.#read();
    const samples = typeof read === "number" ? [{ labels: {}, value: read }] : (read ?? []);
    for (const { labels, value } of samples) yield line(this.name, Object.keys(labels), Object.values(labels), value);
  }
}

/** All of them as text. A family without a series is named all the same, so that a query finds it. */
export function metricsText(families: Iterable<Family>): string {
  let text = "";
  for (const family of families) {
    text += `# HELP ${family.name} ${family.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`;
    text += `# TYPE ${family.name} ${family.type}\n`;
    for (const one of family.lines()) text += `${one}\n`;
  }
  return text;
}

function line(name: string, names: readonly string[], values: readonly string[], value: number): string {
  const labels = names.map((label, at) => `${label}="${escaped(values[at] ?? "")}"`);
  return `${name}${labels.length === 0 ? "" : `{${labels.join(",")}}`} ${value === Infinity ? "+Inf" : value}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
