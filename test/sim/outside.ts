/** The world outside the store, as the simulated server asks it: pure answers, so that a seed means one thing. */
import { createHash } from "node:crypto";
import type { Outside } from "../../src/engine/ports.ts";
import { createCalendar } from "../../src/schedule/calendar.ts";
import { compileWorkflow, createEvaluator } from "../../src/workflow/mod.ts";
import { evaluator } from "./evaluator.ts";
import { PLANNERS } from "./planner.ts";
import { FILES } from "./wishes.ts";

export const calendar = createCalendar();

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

export const outside: Outside = {
  calendar,
  checkSchedule: () => [],
  describeSchedule: () => "now and then",
  zone: "UTC",
  digest,
  digestFile: async (path) => {
    const content = FILES.get(path.slice(path.lastIndexOf("/") + 1));
    if (content === undefined) throw new Error(`${path} cannot be read`);
    return digest(content);
  },
  sign: (secret, id, atMs) => ({ "webhook-id": id, "webhook-signature": `v1,${secret}.${atMs}` }),
  compile: async ({ definition }) => ({
    workflow: definition,
    tasks: [0, 1].map((n) => ({
      ...{ id: `step${n}`, type: "shell", kind: "shell" as const, needs: n === 0 ? [] : ["step0"] },
      work: { kind: "shell" as const, shell: { command: "succeed 20" } },
    })),
  }),
  planners: PLANNERS,
  evaluator: () => Promise.resolve(evaluator),
};

/** The same with the production language: what is a workflow file, as JSON, is compiled and evaluated by it. */
export const outsideOfFiles: Outside = {
  ...outside,
  compile: async (target) => {
    const { definition, ...how } = target;
    return definition.startsWith("{") ? compileWorkflow(definition, how) : outside.compile(target);
  },
  evaluator: () => Promise.resolve(createEvaluator()),
};
