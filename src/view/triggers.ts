/** Triggers as rows of a table, and one of them in full. */
import type { TriggerView } from "../protocol/trigger.ts";
import type { Paint } from "./paint.ts";
import { type Column, renderFacts } from "./table.ts";
import { clean } from "./text.ts";
import { relative } from "./time.ts";

export function triggerColumns(now: number): Column<TriggerView>[] {
  return [
    { title: "TRIGGER", cell: ({ name }) => name, max: 40 },
    { title: "STATE", cell: stateOf, colour: (one) => (stateOf(one) === "on" ? undefined : "yellow") },
    { title: "SOURCE", cell: ({ source }) => source, max: 60 },
    { title: "STARTS", cell: ({ starts }) => starts, max: 40 },
    { title: "STARTED", cell: ({ counts }) => String(counts.started), side: "right" },
    { title: "FAILED", cell: ({ counts }) => textOfCount(counts.failed + counts.refused), side: "right" },
    { title: "LAST", cell: ({ lastEvent }) => (lastEvent === undefined ? "" : relative(lastEvent.at, now)) },
    { title: "PROBLEM", cell: ({ waits }) => waits ?? "", colour: () => "red", max: 80 },
  ];
}

function textOfCount(count: number): string {
  return count === 0 ? "" : String(count);
}

function stateOf({ paused, waits }: TriggerView): string {
  return paused ? "paused" : waits === undefined ? "on" : "waits";
}

/** All of it. */
export function triggerText(trigger: TriggerView, paint: Paint, now: number): string {
  const { counts, lastEvent, lastError, waits } = trigger;
  const { events, started, repeated, skipped, failed, refused } = counts;
  const made = lastEvent?.task ?? lastEvent?.run;
  return renderFacts(
    [
      ["trigger", clean(trigger.name)],
      ["state", stateOf(trigger)],
      ["source", clean(trigger.source)],
      ["starts", clean(trigger.starts)],
      ["arm", trigger.arm],
      ["when", trigger.when === undefined ? undefined : clean(trigger.when)],
      ["events", `${events} since the server started`],
      ["", `${started} started, ${repeated} had come before, ${skipped} left out by when, ${failed} failed`],
      ["refused", refused === 0 ? undefined : String(refused)],
      ["last event", lastEvent && `${relative(lastEvent.at, now)}${made === undefined ? "" : `: ${clean(made)}`}`],
      [paint("red", "last error"), lastError && `${relative(lastError.at, now)}: ${clean(lastError.message)}`],
      [paint("red", "waits"), waits === undefined ? undefined : clean(waits)],
    ],
    paint,
  );
}
