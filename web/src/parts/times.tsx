/** Times and durations as a person chose to read them; the whole moment is always in the tip. */
import { elapsed, relative } from "@octopus/view/time.ts";
import { useChoices } from "../app/choices.ts";
import { useNow } from "../app/now.ts";

/** `3m ago` or `12:04:11`, as chosen. */
export function Ago({ at }: { at: string | undefined }) {
  const { times } = useChoices();
  if (at === undefined) return null;
  return times === "relative" ? <RelativeTime at={at} /> : <Clock at={at} />;
}

function RelativeTime({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={useWhole(at)}>
      {relative(at, now)}
    </time>
  );
}

/** The moment itself: with its day when that is not today. */
export function Clock({ at, isPrecise = false }: { at: string | undefined; isPrecise?: boolean }) {
  const { zone } = useChoices();
  const whole = useWhole(at ?? "");
  if (at === undefined) return null;
  const date = new Date(at);
  const day = formatter(zone, "day").format(date);
  const today = formatter(zone, "day").format(Date.now());
  const time = formatter(zone, isPrecise ? "precise" : "clock").format(date);
  return (
    <time dateTime={at} title={whole}>
      {day === today ? "" : `${day} `}
      {time}
      {zone === "utc" ? " UTC" : ""}
    </time>
  );
}

/** How long from one moment to another; to now, and on, while the second is not known. */
export function Took({ from, to }: { from: string | undefined; to: string | undefined }) {
  if (from === undefined) return null;
  return to === undefined ? <Going from={from} /> : <span>{elapsed(from, to, 0)}</span>;
}

function Going({ from }: { from: string }) {
  const now = useNow();
  const text = elapsed(from, undefined, now);
  // Whole seconds: tenths that change once a second are noise.
  return (
    <span>
      {/^\d+(\.\d+)?(ms|s)$/.test(text) ? `${Math.max(0, Math.round((now - Date.parse(from)) / 1000))}s` : text}
    </span>
  );
}

function useWhole(at: string): string {
  const { zone } = useChoices();
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  const local = formatter("local", "whole").format(date);
  return zone === "utc" ? `${date.toISOString()}\n${local}` : `${local}\n${date.toISOString()}`;
}

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
const FORMS = {
  whole: [undefined, { dateStyle: "full", timeStyle: "long" }],
  day: ["sv-SE", { dateStyle: "short" }],
  clock: ["sv-SE", CLOCK],
  precise: ["sv-SE", { ...CLOCK, fractionalSecondDigits: 3 }],
} as const satisfies Record<string, readonly [string | undefined, Intl.DateTimeFormatOptions]>;

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Making one takes as long as a hundred uses of it, and a list has a hundred times. */
function formatter(zone: "local" | "utc", form: keyof typeof FORMS): Intl.DateTimeFormat {
  const key = `${zone} ${form}`;
  const [locale, options] = FORMS[form];
  const made =
    formatters.get(key) ?? new Intl.DateTimeFormat(locale, zone === "utc" ? { ...options, timeZone: "UTC" } : options);
  formatters.set(key, made);
  return made;
}
