/**
 * Loaded into a server before all else (`--import`): its wall clock is off by as many milliseconds as the file says that
 * `OCTOPUS_TEST_CLOCK` names, and steps when the file changes. What only measures (`performance.now`, timers) goes on, as it
 * does when somebody sets the clock of a machine. The machine's own clock is left alone.
 */
import { readFileSync } from "node:fs";

const LOOK_MS = 50;
const path = process.env["OCTOPUS_TEST_CLOCK"];

if (path !== undefined) {
  const Real = Date;
  let offset = 0;
  const look = (): void => {
    try {
      offset = Number(readFileSync(path, "utf8"));
    } catch {
      offset = 0;
    }
  };
  look();
  setInterval(look, LOOK_MS).unref();
  const now = (): number => Real.now() + offset;
  globalThis.Date = new Proxy(Real, {
    construct: (target, words, self) => Reflect.construct(target, words.length === 0 ? [now()] : words, self) as object,
    apply: () => new Real(now()).toString(),
    get: (target, key) => (key === "now" ? now : (Reflect.get(target, key) as unknown)),
  });
}
