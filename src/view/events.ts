/** What happens, one line each. */
import type { FeedEvent } from "../protocol/feed.ts";
import { colourOf, type Paint } from "./paint.ts";
import { clean } from "./text.ts";
import { clockTime } from "./time.ts";

/** `12:00:01  task  t12  failed  deploy-app in deploy, try 2  exited with code 1`. */
export function eventLine(event: FeedEvent, paint: Paint): string {
  const [what, ...rest] = wordsOf(event, paint);
  const words = rest.filter((word) => word !== undefined && word !== "");
  return [paint("grey", clockTime(event.at)), what.padEnd(8), ...words].join("  ").trimEnd();
}

function wordsOf(event: FeedEvent, paint: Paint): [string, ...(string | undefined)[]] {
  switch (event.type) {
    case "task": {
      const { id, name, state, taskType, arm, attempt, reason, worker } = event;
      const what = [
        name ?? taskType,
        `in ${arm}`,
        attempt > 1 ? `try ${attempt}` : "",
        worker === undefined ? "" : `on ${worker}`,
      ];
      return ["task", id, paint(colourOf(state), state), clean(what.filter(Boolean).join(" ")), clean(reason ?? "")];
    }
    case "dead":
      return ["dead", event.id, paint("red", clean(`${event.taskType} in ${event.arm}`)), clean(event.reason ?? "")];
    case "approval":
      return ["approval", event.id, paint("yellow", "waits for a person"), clean(event.name ?? "")];
    case "workflow":
      return ["workflow", clean(event.name), "changed"];
    case "plugin":
      return ["plugin", clean(event.name), "changed"];
    case "run": {
      const state = paint(colourOf(event.state), event.state);
      return ["run", event.id, state, clean(event.workflow), event.paused === true ? "paused" : ""];
    }
    case "progress":
      return ["progress", event.id, `${Math.round(event.value * 100)} %`, clean(event.message ?? "")];
    case "tick":
      return ["tick", event.schedule, event.action, event.made, clean(event.reason ?? "")];
    case "bulk":
      return ["bulk", event.id, `${event.done}/${event.total}${event.ended ? ", ended" : ""}`];
    case "task_deleted":
      return ["deleted", event.id];
    case "schedule":
      return ["schedule", event.name, "changed"];
    case "arm":
      return ["arm", event.name, "changed"];
    case "worker":
      return ["worker", event.name, paint(colourOf(event.state), event.state)];
    case "resync":
      return ["resync", "some events are no longer held: look at the lists again"];
  }
}
