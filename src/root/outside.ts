/** What the engine asks of the world outside the store: calendars, hashes, signatures, the compiler, planners. */
import { createHash, hash as digestOf } from "node:crypto";
import { createReadStream } from "node:fs";
import { OctopusError } from "../base/errors.ts";
import { compileApart, isLarge } from "./compile-apart.ts";
import type { Outside } from "../engine/ports.ts";
import { checkSchedule, createCalendar, describeRule } from "../schedule/mod.ts";
import { PIPELINE_PLANNER, planPipeline } from "../workflow/pipeline.ts";

export interface OutsideOptions {
  /** Zone of schedules that name none. */
  zone: string;
  now(): number;
  /** Headers that sign a request with the secret of that name; absent = there are no secrets. */
  sign?: Outside["sign"];
}

export function createOutside({ zone, now, sign = () => undefined }: OutsideOptions): Outside {
  return {
    calendar: createCalendar(),
    checkSchedule: (spec, rule) => checkSchedule(spec, rule, now()),
    describeSchedule: describeRule,
    zone,
    digest: (text) => digestOf("sha256", text),
    digestFile,
    sign,
    compile: async ({ definition, ...how }) => {
      if (isLarge(definition, how.files)) return compileApart(definition, how);
      // It brings a YAML parser of several megabytes: it is loaded with the first workflow.
      const { compileWorkflow } = await import("../workflow/mod.ts");
      return compileWorkflow(definition, how);
    },
    evaluator: async () => {
      const { createEvaluator } = await import("../workflow/evaluator.ts");
      return createEvaluator();
    },
    planners: { [PIPELINE_PLANNER]: planPipeline },
  };
}

/** The zone of this machine. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

async function digestFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new OctopusError("invalid", `the file ${path} cannot be read: ${why}`, { cause });
  }
  return hash.digest("hex");
}
