/** All triggers of a server: made of the configuration, listed, paused, tried, and ended with the server. */
import { OctopusError } from "../base/errors.ts";
import { formatDuration } from "../base/duration.ts";
import { nearest } from "../base/nearest.ts";
import type { EngineApi } from "../engine/api.ts";
import type { Log } from "../engine/ports.ts";
import { show } from "../protocol/parse.ts";
import type { TriggerDraft, TriggerView } from "../protocol/trigger.ts";
import { invalid, readSource, type Source, type TriggerConfig, type WebhookSettings } from "./settings.ts";
import { StateFile } from "./state.ts";
import { startStream, streamText } from "./stream.ts";
import { Template } from "./template.ts";
import { Trigger } from "./trigger.ts";
import { startWatch } from "./watch.ts";
import { type Delivery, type HookAnswer, Webhook } from "./webhook.ts";

export interface TriggersOptions {
  /** By name, as the configuration has them. */
  config: Readonly<Record<string, TriggerConfig>>;
  engine: EngineApi;
  /** Folder of what they keep; undefined: nothing is kept. */
  dir: string | undefined;
  log: Log;
  /** Only this machine reaches the server: a webhook may go without a secret. */
  isLocal: boolean;
}

/** Arms of tasks that name none, by where the event comes from. */
const ARMS = { webhook: undefined, watch: "watchers", stream: "streams" } as const;

/** How often one address may be wrong about one webhook and how often a webhook may be asked, for the server. */
export interface HookLimits {
  bodyBytes: number;
  rate: TriggerConfig["rate"];
}

export class Triggers {
  readonly #triggers = new Map<string, Trigger>();
  readonly #webhooks = new Map<string, Webhook>();
  readonly #limits = new Map<string, HookLimits>();
  readonly #sources: { close(): Promise<void> }[] = [];

  /** Throws `invalid` for the first trigger that is wrong; nothing has begun then. */
  static async open(options: TriggersOptions): Promise<Triggers> {
    const triggers = new Triggers();
    const sources = Object.entries(options.config).map(([name, config]) => triggers.#add(name, config, options));
    try {
      for (const begin of sources) await begin();
    } catch (error) {
      await triggers.close();
      throw error;
    }
    return triggers;
  }

  /** Makes the trigger; the answer begins its source. */
  #add(name: string, config: TriggerConfig, { engine, dir, log, isLocal }: TriggersOptions): () => Promise<void> {
    const source = readSource(name, config);
    const template = new Template({ name, kind: source.kind, config, arm: ARMS[source.kind] });
    checkArm(name, template.arm, engine);
    const trigger = new Trigger({
      ...{ name, kind: source.kind, when: config.when, template, engine, log },
      source: sourceText(name, source),
      hook: source.kind === "webhook" ? hookOf(name, source.webhook) : undefined,
      state: new StateFile(dir, name, log),
      now: () => Date.now(),
    });
    this.#triggers.set(name, trigger);
    warnOfPolicy(name, template, engine, log);
    if (source.kind === "webhook") {
      if (source.webhook.verify === "none" && !isLocal) {
        const words = "is none, and this server is reached from other machines: anybody could start its tasks";
        throw invalid(`triggers.${name}.webhook.verify`, `${words}; choose how senders prove who they are`);
      }
      this.#webhooks.set(name, new Webhook(trigger, source.webhook, config.secret));
      this.#limits.set(name, { bodyBytes: source.webhook.bodyMax, rate: config.rate });
      return async () => {};
    }
    return async () => {
      const { kind } = source;
      this.#sources.push(
        kind === "watch" ? startWatch(trigger, source.watch) : await startStream(trigger, source.stream, config.secret),
      );
    };
  }

  list(): TriggerView[] {
    return [...this.#triggers.values()].map((one) => one.view()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  show(name: string): TriggerView {
    return this.#one(name).view();
  }

  async pause(name: string, paused: boolean): Promise<TriggerView> {
    const trigger = this.#one(name);
    await trigger.pause(paused);
    return trigger.view();
  }

  test(name: string, event: Record<string, unknown>): TriggerDraft {
    return this.#one(name).test(event);
  }

  /** Bounds of a webhook; throws `not_found`. */
  hook(name: string): HookLimits {
    const limits = this.#limits.get(name);
    if (limits === undefined) throw new OctopusError("not_found", `there is no webhook ${show(name)}`);
    return limits;
  }

  receive(name: string, delivery: Delivery): Promise<HookAnswer> {
    return this.#webhooks.get(name)!.receive(delivery);
  }

  async close(): Promise<void> {
    // Once: what they keep must not be written over by a second end.
    await Promise.all(this.#sources.splice(0).map((source) => source.close()));
    for (const trigger of this.#triggers.values()) await trigger.close();
  }

  #one(name: string): Trigger {
    const trigger = this.#triggers.get(name);
    if (trigger !== undefined) return trigger;
    const near = nearest(name, this.#triggers.keys());
    const hint = near === undefined ? "; `octopus triggers` lists them" : ` (did you mean ${near}?)`;
    throw new OctopusError("not_found", `there is no trigger ${show(name)}${hint}`);
  }
}

function checkArm(name: string, arm: string | undefined, engine: EngineApi): void {
  if (arm === undefined || arm.includes("${{")) return;
  const names = engine.arms().map((one) => one.name);
  if (names.includes(arm)) return;
  const near = nearest(arm, names);
  const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
  throw invalid(`triggers.${name}`, `names no arm: ${show(arm)}${hint}. There are ${names.toSorted().join(", ")}`);
}

/** A command that no event will ever start is told at the start, and not only with the first event. */
function warnOfPolicy(name: string, { command, arm = "default" }: Template, { policy }: EngineApi, log: Log): void {
  if (command === undefined || policy.modeOf(arm) !== "enforce") return;
  const denied = policy.judge(command, { arm, role: "trigger" }).find(({ effect }) => effect === "deny");
  if (denied === undefined) return;
  const words = `its command is refused by the rule ${denied.rule} of the command policy: ${denied.why}`;
  log.warn({ trigger: name }, `trigger ${name}: ${words}; it will start nothing`);
}

/** What a sender has to know; the secret is not told. */
function hookOf(name: string, { verify, header, algorithm, encoding, prefix }: WebhookSettings): TriggerView["hook"] {
  const signs = verify === "hmac" && { algorithm, encoding, prefix };
  return { path: `/hooks/${name}`, verify, ...(header !== undefined && { header }), ...signs };
}

function sourceText(name: string, source: Source): string {
  switch (source.kind) {
    case "webhook":
      return `POST /hooks/${name} (${source.webhook.verify})`;
    case "watch": {
      const { path, on, settle } = source.watch;
      return `${path} ${on.join(", ")}, still for ${formatDuration(settle)}`;
    }
    case "stream":
      return streamText(source.stream);
  }
}
