/** Reads the options by which a task says where it runs. */
import type { TaskSubmission } from "../protocol/task.ts";
import { textOf, usage } from "./read.ts";

type Options = Readonly<Record<string, unknown>>;
type Target = Exclude<TaskSubmission["target"], string | undefined>;

/** `worker` and `target`, as far as the options say them. What selectors may be is the server's to say. */
export function placeOf(options: Options): Pick<TaskSubmission, "worker" | "target"> {
  const out: Pick<TaskSubmission, "worker" | "target"> = {};
  const worker = textOf(options, "worker");
  if (worker !== undefined) out.worker = worker;
  const target: Target = {};
  const labels = textOf(options, "target");
  if (labels !== undefined) target.labels = labels;
  const prefer = options["prefer"] as string[] | undefined;
  if (prefer !== undefined) target.prefer = prefer.map(readPreference);
  const apart = textOf(options, "apart");
  if (apart !== undefined) target.apart = apart;
  const spread = textOf(options, "spread");
  if (spread !== undefined) target.spread = spread;
  if (options["pack"] === true) target.policy = "pack";
  if (options["near"] === true) target.near = true;
  if (Object.keys(target).length > 0) out.target = target;
  return out;
}

/** `zone == attic`, or with a weight: `zone == attic * 10`. */
function readPreference(text: string): string | { labels: string; weight: number } {
  const match = /^([^*]+)\*\s*(-?\d{1,3})\s*$/.exec(text);
  if (match !== null) return { labels: match[1]!.trim(), weight: Number(match[2]) };
  if (!text.includes("*")) return text;
  throw usage(
    `--prefer must be a selector, or one with a weight from -100 to 100: "zone == attic * 10", not ${JSON.stringify(text)}`,
  );
}

/** `cpu=2,memory=1GiB`, `gpu=[0,2]` for certain units, `gpu=[1]*0.5` for a share of one. */
export function readResources(pairs: readonly string[] | undefined): TaskSubmission["resources"] {
  if (pairs === undefined) return undefined;
  const all = pairs.flatMap((text) => text.split(/,(?![^[\]]*\])/)).filter((pair) => pair.trim() !== "");
  return Object.fromEntries(all.map(readResource));
}

function readResource(pair: string): [string, string | { index: number[]; share?: number }] {
  const [, name, amount] = /^\s*([^=]+)=(.+)$/.exec(pair) ?? [];
  if (name === undefined || amount === undefined) throw odd(pair);
  if (!amount.startsWith("[")) return [name, amount];
  const [, list, share] = /^\[([\d\s,]+)\](?:\s*\*\s*(\d*\.?\d+))?$/.exec(amount) ?? [];
  if (list === undefined) throw odd(pair);
  const index = list.split(",").map((one) => (one.trim() === "" ? Number.NaN : Number(one)));
  if (!index.every(Number.isInteger)) throw odd(pair);
  return [name, share === undefined ? { index } : { index, share: Number(share) }];
}

function odd(pair: string): Error {
  const forms = "cpu=2, memory=1GiB, or gpu=[0,2] for certain units, gpu=[1]*0.5 for a share of one";
  return usage(`--resource must read name=amount, such as ${forms}, not ${JSON.stringify(pair)}`);
}
