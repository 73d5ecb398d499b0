/** What a reader can do to what the cursor is on: the keys, when they apply, what is asked first, what is called. */
import { isEnded } from "../base/words.ts";
import { type Client, isRunEnded } from "../client/mod.ts";
import { titleOf } from "../view/tasks.ts";
import type { Target } from "./target.ts";

/** An order to the server, as data. */
export type Act =
  | { does: "cancel task" | "retry task" | "approve" | "reject"; id: string }
  | { does: "cancel run" | "retry run" | "pause run" | "resume run"; id: string }
  | { does: "pause arm" | "resume arm" | "drain arm" | "undrain arm"; id: string }
  | { does: "limit"; id: string; limit: number | null }
  | { does: "drain worker" | "resume worker"; id: string }
  | { does: "pause schedule" | "resume schedule" | "trigger"; id: string };

export interface Choice {
  key: string;
  /** One word for the line of keys. */
  word: string;
  about: string;
  act(target: Target): Act | undefined;
  /** Asked before it is done. */
  ask?(target: Target): { question: string; detail: string };
}

export const CHOICES: readonly Choice[] = [
  {
    key: "c",
    word: "cancel",
    about: "cancel the task or the run; asks first",
    act: (target) => {
      if (target.kind === "task" && (target.view === undefined || !isEnded(target.view.state)))
        return { does: "cancel task", id: target.id };
      if (target.kind === "run" && (target.view === undefined || !isRunEnded(target.view.state)))
        return { does: "cancel run", id: target.id };
      return undefined;
    },
    ask: (target) => ({
      question: `Cancel ${nameOf(target)}?`,
      detail:
        target.kind === "run"
          ? "Everything of it that has not ended is cancelled."
          : target.kind === "task" && target.view?.state === "running"
            ? "It runs: its process is told to stop."
            : "It will not start.",
    }),
  },
  {
    key: "r",
    word: "retry",
    about: "try the task again, or what failed of the run",
    act: (target) => {
      if (target.kind === "task" && target.view !== undefined && isEnded(target.view.state))
        return { does: "retry task", id: target.id };
      if (target.kind === "run" && target.view !== undefined && isRunEnded(target.view.state))
        return { does: "retry run", id: target.id };
      return undefined;
    },
  },
  {
    key: "a",
    word: "approve",
    about: "approve a task that waits for a person; asks first",
    act: (target) => (isAsked(target) ? { does: "approve", id: target.id } : undefined),
    ask: (target) => ({ question: `Approve ${nameOf(target)}?`, detail: messageOf(target) }),
  },
  {
    key: "x",
    word: "reject",
    about: "reject a task that waits for a person; asks first",
    act: (target) => (isAsked(target) ? { does: "reject", id: target.id } : undefined),
    ask: (target) => ({ question: `Reject ${nameOf(target)}?`, detail: messageOf(target) }),
  },
  {
    key: "p",
    word: "pause",
    about: "pause or resume the run, the arm or the schedule",
    act: (target) => {
      const { id } = target;
      if (target.kind === "arm" && target.view !== undefined)
        return { does: target.view.enabled ? "pause arm" : "resume arm", id };
      if (target.kind === "schedule" && target.view !== undefined)
        return { does: target.view.paused ? "resume schedule" : "pause schedule", id };
      if (target.kind === "run" && target.view !== undefined && !isRunEnded(target.view.state))
        return { does: target.view.paused === true ? "resume run" : "pause run", id };
      return undefined;
    },
  },
  {
    key: "d",
    word: "drain",
    about: "drain the worker or the arm, or end that; a worker asks first",
    act: (target) => {
      const { id } = target;
      if (target.kind === "worker" && target.view !== undefined)
        return { does: target.view.held === true ? "resume worker" : "drain worker", id };
      if (target.kind === "arm" && target.view !== undefined)
        return { does: target.view.draining ? "undrain arm" : "drain arm", id };
      return undefined;
    },
    ask: (target) => {
      if (target.kind === "worker" && target.view?.held !== true)
        return {
          question: `Drain the worker ${target.id}?`,
          detail: "It ends what it runs and gets nothing new, until d is pressed again.",
        };
      return { question: "", detail: "" };
    },
  },
  {
    key: "t",
    word: "trigger",
    about: "fire the schedule now; asks first",
    act: (target) => (target.kind === "schedule" ? { does: "trigger", id: target.id } : undefined),
    ask: (target) => ({ question: `Fire ${target.id} now?`, detail: "Its task or run starts beside its ticks." }),
  },
];

function isAsked({ kind, view }: Target): boolean {
  return kind === "task" && view?.approval?.state === "waiting" && !isEnded(view.state);
}

function messageOf(target: Target): string {
  return (target.kind === "task" ? target.view?.approval?.message : undefined) ?? "It waits for a person.";
}

export function nameOf(target: Target): string {
  if (target.kind === "task" && target.view !== undefined) return `${target.id} ${titleOf(target.view)}`;
  if (target.kind === "run" && target.view !== undefined) return `${target.id} ${target.view.workflow}`;
  return target.id;
}

/** Carries it out, and answers what is said then. */
export async function perform(client: Client, act: Act): Promise<string> {
  const { id } = act;
  switch (act.does) {
    case "cancel task":
      return `${id} is ${await client.cancelTask(id).then(({ state }) => (state === "cancelled" ? state : "being cancelled"))}`;
    case "retry task":
      return client.retryTask(id).then(({ state }) => `${id} is ${state} again`);
    case "approve":
    case "reject":
      await client.approveTask(id, act.does === "approve");
      return `${id} is ${act.does === "approve" ? "approved" : "rejected"}`;
    case "cancel run":
      return client.cancelRun(id).then(() => `${id} is being cancelled`);
    case "retry run":
      return client
        .retryRun(id)
        .then((run) => (run.id === id ? `${id} goes on with what failed` : `${run.id} does ${id} again`));
    case "pause run":
    case "resume run":
      await client.pauseRun(id, act.does === "pause run");
      return act.does === "pause run" ? `${id} is paused: nothing more of it starts` : `${id} goes on`;
    case "pause arm":
    case "resume arm":
      await client.switchArm(id, act.does === "pause arm" ? "pause" : "resume");
      return act.does === "pause arm" ? `${id} is paused: nothing starts in it` : `${id} goes on`;
    case "drain arm":
    case "undrain arm":
      await client.switchArm(id, act.does === "drain arm" ? "drain" : "undrain");
      return act.does === "drain arm" ? `${id} drains: it takes nothing new` : `${id} takes work again`;
    case "limit":
      await client.configureArm(id, { maxParallel: act.limit });
      return act.limit === null ? `${id} has no limit now` : `${id} runs at most ${act.limit} at once now`;
    case "drain worker":
    case "resume worker":
      await (act.does === "drain worker" ? client.drainWorker(id) : client.resumeWorker(id));
      return act.does === "drain worker" ? `${id} drains: it gets nothing new` : `${id} takes work again`;
    case "pause schedule":
    case "resume schedule":
      await client.pauseSchedule(id, act.does === "pause schedule");
      return act.does === "pause schedule" ? `${id} is paused` : `${id} goes on`;
    case "trigger":
      return client
        .triggerSchedule(id)
        .then(({ made, action, reason }) =>
          made === undefined ? `${id}: ${action}${reason === undefined ? "" : `, ${reason}`}` : `${id} made ${made}`,
        );
  }
}
