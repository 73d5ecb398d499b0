/** A step of Dagu as a task: a command, a request, or another DAG that it calls. */
import { isComputed, readCommand, type StepContext } from "./dagu-command.ts";
import { toContainer, toSsh } from "./dagu-executors.ts";
import { readLimits } from "./dagu-limits.ts";
import { withOutputs } from "./dagu-variables.ts";
import { outputPath } from "./cel-names.ts";
import type { Json } from "../base/words.ts";
import { literal, seconds } from "./draft.ts";
import { labelsOf } from "./place.ts";
import { expressionOf, isMapping, type Mapping, textOf } from "./source.ts";

const KNOWN = new Set([
  ...[
    "name",
    "id",
    "description",
    "dir",
    "workingDir",
    "executor",
    "type",
    "config",
    "command",
    "script",
    "shell",
    "stdout",
  ],
  ...[
    "stderr",
    "output",
    "depends",
    "continueOn",
    "continue_on",
    "retryPolicy",
    "retry_policy",
    "repeatPolicy",
    "repeat_policy",
  ],
  ...["preconditions", "precondition", "env", "run", "call", "params", "parallel", "timeoutSec", "timeout_sec", "args"],
  ...["working_dir", "timeout", "signalOnStop", "mailOnError", "workerSelector", "worker_selector"],
]);

export function stepTask(step: Mapping, context: StepContext): Mapping {
  const { lose } = context;
  for (const key of Object.keys(step)) if (!KNOWN.has(key)) lose(key, "has no counterpart");
  const made: Mapping = {};
  if (step["mailOnError"] === true) lose("mailOnError", "mail is sent by a task: write onFailure");
  const stop = textOf(step["signalOnStop"]);
  if (stop !== undefined && stop !== "SIGTERM")
    lose("signalOnStop", `a task is stopped by SIGTERM, and not by ${stop}`);
  const sub = textOf(step["call"]) ?? textOf(step["run"]);
  if (sub === undefined) readWork(step, made, context);
  else readCall(sub, step, made, context);
  readLimits(step, made, lose);
  // A DAG that is called has workers of its own choice.
  if (sub === undefined) readSelector(step, made, context);
  else if (selectorOf(step) !== undefined) lose("workerSelector", "of a DAG that is called: write target in its file");
  return made;
}

function selectorOf(from: Mapping): Json | undefined {
  return from["workerSelector"] ?? from["worker_selector"];
}

function readSelector(step: Mapping, made: Mapping, { lose, selector }: StepContext): void {
  const said = selectorOf(step) ?? selector;
  if (said === undefined || said === "local") return;
  const labels = labelsOf(said);
  if (labels !== undefined) made["target"] = { labels };
  else lose("workerSelector", `${JSON.stringify(said)} must be labels and their values`);
}

function readWork(step: Mapping, made: Mapping, context: StepContext): void {
  const executor = step["executor"] ?? step["type"];
  const kind = isMapping(executor) ? textOf(executor["type"]) : textOf(executor);
  const config = isMapping(executor) ? executor["config"] : step["config"];
  if (step["parallel"] !== undefined) context.lose("parallel", "goes with call: write each");
  if (kind === "http") return readHttp(step, isMapping(config) ? config : {}, made, context);
  if (kind === undefined || ["", "command", "shell"].includes(kind)) return readCommand(step, made, context);
  if (kind === "docker" || kind === "ssh") {
    readCommand(step, made, context);
    return (kind === "docker" ? toContainer : toSsh)(isMapping(config) ? config : {}, made, context);
  }
  context.lose("executor", `${kind} has no counterpart in this version`);
  made["shell"] = "false";
}

function readHttp(step: Mapping, config: Mapping, made: Mapping, { lose, outputs }: StepContext): void {
  const line = textOf(step["command"]) ?? "";
  const [method = "GET", ...rest] = line.split(/\s+/);
  const url = rest.join(" ") === "" ? (textOf(step["url"]) ?? "") : rest.join(" ");
  const used = withOutputs(`${url}${JSON.stringify(config)}`, outputs);
  if (isComputed(url) || Object.keys(used.env).length > 0)
    lose("command", `${url} is filled in there: write \${{ }} in url, headers and body`);
  const query = isMapping(config["query"]) ? Object.entries(config["query"]) : [];
  const search = query
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(textOf(value) ?? "")}`)
    .join("&");
  const { headers, body, timeout } = config;
  made["http"] = {
    method,
    url: literal(search === "" ? url : `${url}${url.includes("?") ? "&" : "?"}${search}`),
    ...(isMapping(headers) && { headers }),
    ...(typeof body === "string" && { body: literal(body) }),
  };
  if (typeof timeout === "number") made["timeout"] = seconds(timeout);
  if (config["skipTLSVerify"] === true) lose("executor", "skipTLSVerify: certificates are always checked");
  const output = textOf(step["output"]);
  // There it is the text of the answer.
  if (output !== undefined)
    made["outputs"] = { [output]: "${{ type(result.body) == string ? result.body : toJson(result.body) }}" };
}

function readCall(sub: string, step: Mapping, made: Mapping, context: StepContext): void {
  made["workflow"] = context.subs.has(sub) ? sub : `./${sub.replace(/\.ya?ml$/, "")}.yaml`;
  const { parallel, params } = step;
  const items = isMapping(parallel) ? parallel["items"] : parallel;
  if (items !== undefined) {
    if (Array.isArray(items)) made["each"] = items;
    else
      context.lose(
        "parallel",
        `${JSON.stringify(items)}: the list must stand in the file, or be an output with a type (each)`,
      );
    const most = isMapping(parallel) ? (parallel["maxConcurrent"] ?? parallel["max_concurrent"]) : undefined;
    if (typeof most === "number") made["maxParallel"] = most;
  }
  const given: Mapping = {};
  const pairs = typeof params === "string" ? [...params.matchAll(/([A-Za-z_]\w*)=(?:"([^"]*)"|(\S+))/g)] : [];
  for (const [, name, quoted, bare] of pairs) given[name!] = valueOf(quoted ?? bare!, context);
  if (isMapping(params))
    for (const [name, value] of Object.entries(params)) given[name] = valueOf(textOf(value) ?? "", context);
  if (typeof params === "string" && pairs.length === 0) context.lose("params", `${params}: a param needs its name`);
  if (Object.keys(given).length > 0) made["params"] = given;
  if (step["output"] !== undefined)
    context.lose("output", "outputs of a DAG that is called: write outputs in its file");
  if (step["preconditions"] !== undefined || step["precondition"] !== undefined)
    context.lose("preconditions", "of a DAG that is called: write when");
}

/** A value for a param: `$ITEM` and outputs are expressions. */
function valueOf(text: string, { outputs, lose }: StepContext): string {
  if (/^\$\{?ITEM\}?$/.test(text)) return "${{ item }}";
  const field = /^\$\{ITEM((?:\.\w+)+)\}$/.exec(text)?.[1];
  if (field !== undefined) return `\${{ item${field} }}`;
  const name = /^\$\{?([A-Za-z_]\w*)\}?$/.exec(text)?.[1];
  const output = name === undefined ? undefined : outputs.get(name);
  if (output !== undefined) return expressionOf(outputPath(output.task, output.name));
  if (isComputed(text)) lose("params", `${text} is filled in by a shell there: write \${{ }}`);
  return literal(text);
}
