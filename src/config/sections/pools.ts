/** Settings of one pool of workers. */
import { NAME, setting } from "../setting.ts";
import { duration, labels, line, offers, orNone, whole } from "../values.ts";

/** A pool of workers that grows and shrinks with the work that waits for it. */
export const poolSettings = {
  labels: setting(labels(), "none", "Labels that its workers have; those with all of them belong to it."),
  min: setting(whole(0, 10_000), "0", "Workers that are always there."),
  max: setting(whole(1, 10_000), "1", "Most workers."),
  slots: setting(whole(1, 10_000), "2 x cores, at least 4", "Slots of one of its workers, while none is there to ask."),
  resources: setting(offers(NAME), "none", "Resources of one of its workers, while none is there to ask."),
  wait: setting(duration(1000), "1m", "Time in which the work that waits should be done."),
  idle: setting(duration(), "5m", "Time without need before a worker is let go."),
  cooldown: setting(duration(), "30s", "Least time between two changes."),
  start: setting(duration(1000), "10m", "Time within which a worker that was started must connect."),
  scaleUp: setting(
    orNone(line("a command"), "a command"),
    "none",
    "Command that starts one worker; it finds `OCTOPUS_POOL`, `OCTOPUS_WORKER_NAME` and more in its environment.",
  ),
  scaleDown: setting(
    orNone(line("a command"), "a command"),
    "none",
    "Command that ends one worker after it was drained; none is: the worker is told to stop.",
  ),
};

/** Defaults within one pool. */
export function poolDefaults({ cores }: { cores: number }): Record<keyof typeof poolSettings, unknown> {
  return {
    labels: {},
    min: 0,
    max: 1,
    slots: Math.max(4, 2 * cores),
    resources: {},
    wait: "1m",
    idle: "5m",
    cooldown: "30s",
    start: "10m",
    scaleUp: null,
    scaleDown: null,
  };
}
