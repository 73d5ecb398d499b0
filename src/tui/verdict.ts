/** Is everything all right? The words of `view/health.ts`, and who waits for a person. */
import type { StatusView } from "../protocol/views.ts";
import { healthOf, type HealthTone } from "../view/health.ts";
import { type State, valueOf } from "./state.ts";
import { tasksIn } from "./wants.ts";
import { plural } from "./words.ts";

export interface Verdict {
  tone: HealthTone;
  text: string;
  more: string[];
}

export function verdictOf(state: State, status: StatusView): Verdict {
  const dead = tasksIn(state, "dead").length;
  const isMoreDead = valueOf(state, "dead")?.hasMore === true;
  const health = healthOf({ status, dead, isMoreDead, now: state.now });
  const asked = tasksIn(state, "asked").length;
  const more = health.notes.slice(1).map(({ text }) => `${text}.`);
  if (asked === 0) return { tone: health.tone, text: `${health.sentence}.`, more };
  const question = `${plural(asked, "task")} ${asked === 1 ? "waits" : "wait"} for a person.`;
  if (health.tone === "good") return { tone: "warn", text: question, more };
  return { tone: health.tone, text: `${health.sentence}.`, more: [question, ...more] };
}
