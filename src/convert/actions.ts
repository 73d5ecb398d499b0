/**
 * A workflow of GitHub Actions: its `run:` steps. A job becomes a task (`actions-job.ts`) whose script is the steps, one after
 * the other, in one folder (`actions-script.ts`). What runs on GitHub alone (actions, containers, events) is told of.
 */
import type { Json } from "../base/words.ts";
import { splitEnv, translate } from "./actions-env.ts";
import { Foreign, piecesOf } from "./actions-expression.ts";
import { type ActionsFile, readJob } from "./actions-job.ts";
import { type JobNames, variableName } from "./actions-names.ts";
import { type Converted, Draft } from "./draft.ts";
import { isMapping, listOf, type Mapping, notThatKind, Source, textOf, textsOf } from "./source.ts";

const TOP_KEYS = new Set(["name", "on", "env", "defaults", "concurrency", "jobs"]);

export function convertActions(text: string, options: { source: string }): Converted {
  const source = new Source(text, options.source);
  const [top] = source.values;
  if (!isMapping(top) || !isMapping(top["jobs"]))
    throw notThatKind(options.source, "workflow of GitHub Actions", "it needs a key jobs");
  return new Reader(top, source).convert();
}

class Reader {
  readonly #top: Mapping;
  readonly #source: Source;
  readonly #draft = new Draft();
  readonly #env: Mapping = {};
  /** Variables of the whole file that only a script can set. */
  readonly #exports: [string, string][] = [];
  readonly #secrets = new Set<string>();
  readonly #params = new Set<string>();
  readonly #tasks = new Map<string, string>();

  constructor(top: Mapping, source: Source) {
    this.#top = top;
    this.#source = source;
  }

  convert(): Converted {
    const draft = this.#draft;
    const name = textOf(this.#top["name"]);
    draft.head["name"] = (name ?? this.#source.name.replace(/^.*\/|\.ya?ml$/g, "")).slice(0, 200);
    draft.comments.push(`From ${this.#source.name}, a workflow of GitHub Actions.`);
    for (const key of Object.keys(this.#top)) {
      if (key === "permissions" || key === "run-name") this.#source.note(`${key} means something on GitHub alone`);
      else if (!TOP_KEYS.has(key)) this.#source.lose([key], "is not known");
    }
    this.#readOn(this.#top["on"]);
    this.#readEnv(this.#top["env"]);
    this.#readConcurrency(this.#top["concurrency"]);
    const jobs = this.#top["jobs"] as Mapping;
    for (const id of Object.keys(jobs)) this.#tasks.set(id, draft.nameFor(id));
    const file: ActionsFile = {
      ...{ source: this.#source, draft, tasks: this.#tasks, exports: this.#exports, defaults: this.#top["defaults"] },
      names: (jobEnv, partialAxes) => this.#names(jobEnv, partialAxes),
    };
    for (const [id, job] of Object.entries(jobs)) if (isMapping(job)) readJob(id, job, file);
    const { losses, notes } = this.#source;
    for (const secret of this.#secrets)
      this.#source.note(`the worker must have $${secret} in its environment: it was a secret there`);
    return { text: draft.render(), losses, notes };
  }

  #names(jobEnv: Mapping = {}, partialAxes: ReadonlySet<string> = new Set()): JobNames {
    return { tasks: this.#tasks, env: this.#env, jobEnv, secrets: this.#secrets, params: this.#params, partialAxes };
  }

  #readOn(on: Json | undefined): void {
    const events = isMapping(on) ? on : Object.fromEntries(textsOf(listOf(on)).map((event) => [event, null]));
    const others: string[] = [];
    for (const [event, about] of Object.entries(events)) {
      if (event === "schedule") {
        const crons = listOf(about).flatMap((one) => (isMapping(one) ? textsOf(one["cron"]) : []));
        if (crons.length > 0)
          this.#draft.head["schedule"] = { cron: crons.length === 1 ? crons[0]! : crons, zone: "UTC" };
      } else if (event === "workflow_dispatch" || event === "workflow_call")
        this.#readInputs(isMapping(about) ? about["inputs"] : undefined);
      else others.push(event);
    }
    if (others.length > 0)
      this.#source.note(
        `${others.join(", ")}: events of GitHub start nothing here; a webhook of yours can submit a run`,
      );
  }

  #readInputs(inputs: Json | undefined): void {
    if (!isMapping(inputs)) return;
    const params: Mapping = {};
    for (const [name, input] of Object.entries(inputs)) {
      const about = isMapping(input) ? input : {};
      const given = textOf(about["type"]);
      const type = given === "boolean" || given === "number" ? given : "string";
      const made: Mapping = { type };
      if (about["default"] !== undefined)
        made["default"] = type === "string" ? (textOf(about["default"]) ?? "") : about["default"]!;
      else if (about["required"] !== true) made["default"] = type === "boolean" ? false : type === "number" ? 0 : "";
      if (Array.isArray(about["options"])) made["enum"] = about["options"];
      const description = textOf(about["description"]);
      if (description !== undefined) made["description"] = description;
      params[variableName(name)] = made;
      this.#params.add(variableName(name));
    }
    this.#draft.head["params"] = { ...(this.#draft.head["params"] as Mapping | undefined), ...params };
  }

  #readEnv(env: Json | undefined): void {
    if (!isMapping(env)) return;
    const split = splitEnv(env, { path: ["env"], names: this.#names(), source: this.#source });
    Object.assign(this.#env, split.env);
    this.#exports.push(...split.exports);
    this.#draft.head["env"] = { CI: "true", ...split.env };
  }

  #readConcurrency(concurrency: Json | undefined): void {
    if (concurrency === undefined) return;
    const about = isMapping(concurrency) ? concurrency : { group: concurrency };
    const kept: string[] = [];
    for (const piece of piecesOf(textOf(about["group"]) ?? "")) {
      try {
        kept.push(translate(typeof piece === "string" ? piece : `\${{ ${piece.expression} }}`, this.#names()));
      } catch (error) {
        if (!(error instanceof Foreign) || typeof piece === "string") throw error;
        this.#source.note(
          `concurrency: ${piece.expression} is known to GitHub alone: runs for all of its values share one group`,
        );
      }
    }
    const cancels = about["cancel-in-progress"];
    if (typeof cancels === "string")
      this.#source.lose(["concurrency", "cancel-in-progress"], "an expression has no counterpart there");
    const group = kept.join("").replace(/^[-_/]+|[-_/]+$/g, "");
    this.#draft.head["concurrency"] = {
      group: group === "" ? this.#draft.head["name"]! : group,
      overlap: cancels === true ? "cancel_previous" : "queue",
    };
  }
}
