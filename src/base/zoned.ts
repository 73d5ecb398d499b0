/** Moments as the clocks of a zone show them, to sort them by day or hour. */

const QUARTER_MS = 900_000;

export type Step = "day" | "hour";

/** Answers `2026-11-21`, or `2026-11-21T13` by hours. Making one costs far more than asking it. */
export function zonedStep(zone: string, step: Step): (at: number) => string {
  const day = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const clock = step === "hour" ? ({ hour: "2-digit", hourCycle: "h23" } as const) : {};
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, ...day, ...clock });
  // Clocks differ from UTC by whole quarters of an hour, so that all of one quarter is of one step.
  let quarter = NaN;
  let text = "";
  return (at) => {
    if (Math.floor(at / QUARTER_MS) === quarter) return text;
    quarter = Math.floor(at / QUARTER_MS);
    return (text = write(quarter * QUARTER_MS));
  };

  function write(at: number): string {
    const parts = new Map<string, string>();
    for (const { type, value } of format.formatToParts(at)) parts.set(type, value);
    const date = `${parts.get("year")!.padStart(4, "0")}-${parts.get("month")}-${parts.get("day")}`;
    return step === "hour" ? `${date}T${parts.get("hour")}` : date;
  }
}
