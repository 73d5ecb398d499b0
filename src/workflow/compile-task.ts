/**
 * Compiles one entry of `tasks:` into a `TaskSpec`: reads its keys, fills in what the workflow says for all tasks, and
 * lets the schema of a submission have the last word. What the task is in the graph comes from its `TaskReading`.
 */
import type { Json } from "../base/words.ts";
import { Name } from "../protocol/common.ts";
import { type Finding, findingsOf, show } from "../protocol/parse.ts";
import { ALL_WORKERS } from "../protocol/target.ts";
import { NodeSubmission, type TaskSpec, type Work, WORK_FIELDS } from "../protocol/task.ts";
import { containerOf } from "./container.ts";
import { escapeText, hasExpression, piecesOf, writePieces } from "./expression.ts";
import { isMapping, type Place, readKeys, tell } from "./keys.ts";
import { MEMBER_ROOTS, TASK_ROOTS } from "./names.ts";
import { joinPath } from "./paths.ts";
import { type Path, pathText } from "./problems.ts";
import { saysAllWorkers } from "./target-keys.ts";
import { Follower, TASK_KEYS } from "./task-keys.ts";
import { TaskReading, unescaped } from "./task-reading.ts";
import type { Head } from "./workflow-keys.ts";

/** Keys that hold tasks. */
const FOLLOWING: ReadonlySet<string> = new Set(["onFailure", "finally", "on"]);

/** Keys that say what a task does. */
const WORK = [...WORK_FIELDS, "type", "workflow", "pipeline"];

/** Work that leaves what it wrote to $OCTOPUS_OUTPUT. */
const WRITING = ["shell", "docker", "wasm"] as const;

/** A task that was read. What is wrong has no spec. */
export interface CompiledTask {
  spec: TaskSpec | undefined;
  /** Absent when the task says nothing that would have to be looked at again. */
  reading: TaskReading | undefined;
  place: Place | undefined;
}

/** The task `id`, which stands at `path`. `env` is what every shell task gets. */
export function compileTask(
  id: string,
  value: Json,
  head: Head,
  env: Readonly<Record<string, string>>,
  path: Path = ["tasks", id],
): CompiledTask {
  const nothing = { spec: undefined, reading: undefined, place: undefined };
  const named = Name.safeParse(id);
  if (!named.success) tellTask(head, path, named.error.issues[0]!.message);
  if (value === null)
    return (
      tellTask(head, path, "is empty: say what it does with shell, http, call, plugin, docker, wasm or uses") ?? nothing
    );
  const keys = typeof value === "string" ? { shell: value } : value;
  if (!isMapping(keys)) {
    const words = `must be a command, or a mapping with shell, http, call or another kind of work, not ${show(value)}`;
    return tellTask(head, path, words) ?? nothing;
  }
  const { document } = head;
  const before = document.problems.count;
  const isList = "each" in keys || "matrix" in keys;
  const isEach = isList || saysAllWorkers(keys);
  const reading = new TaskReading(id, isEach);
  reading.isQuestion = !WORK.some((key) => key in keys);
  const roots = isEach ? MEMBER_ROOTS : TASK_ROOTS;
  const place: Place = { document, scope: head.scope, roots, path, draft: {}, task: reading };
  readKeys(keys, TASK_KEYS, place);
  if (isList && saysAllWorkers(keys)) tellAll(place, "does not go with each or matrix: it is a list of its own");
  const draft = complete(place, head, env);
  draft["name"] ??= id;
  const isOwn = finishKinds(keys, draft, place);

  const parsed = NodeSubmission.safeParse(draft);
  if (parsed.success) {
    const spec: TaskSpec = { ...parsed.data, id, ...onlyOnce(parsed.data.needs) };
    // One that is refused is only looked at for what others say of it.
    const isRefused = document.problems.count > before;
    return { spec: finish(spec, place, isOwn, isRefused), reading, place };
  }
  tellFindings(findingsOf(parsed.error, draft), draft, { head, path, keys, told: document.problems.count > before });
  return { spec: undefined, reading, place };
}

interface Told {
  head: Head;
  path: Path;
  keys: Record<string, Json>;
  /** Something was told of the task before. */
  told: boolean;
}

function tellFindings(findings: readonly Finding[], draft: unknown, { head, path, keys, told }: Told): void {
  for (const { path: found, message } of findings) {
    // Outputs stand beside the command in a file, and inside of it for the schema.
    const isOutput = (WRITING as readonly unknown[]).includes(found[0]) && found[1] === "outputs" && "outputs" in keys;
    const [first, ...rest] = (isOutput ? found.slice(1) : found) as (string | number)[];
    // What is missing may be what was refused above.
    if (told && (first === undefined || message.startsWith("is missing") || FOLLOWING.has(String(first)))) continue;
    if (first === undefined) tellTask(head, path, wordsOf(message.replace(`, not ${show(draft)}`, "")));
    else tellTask(head, path, message, [first === "needs" && !("needs" in keys) ? "depends" : first, ...rest]);
  }
}

/** The schema of a submission knows the kinds of work that workers do, a workflow file more. */
function wordsOf(message: string): string {
  return message.replace("wasm, uses (or", "wasm, uses, workflow, pipeline, approval (or");
}

/** Says what is wrong with the task, or with what `keys` lead to in it. */
function tellTask({ document }: Pick<Head, "document">, task: Path, message: string, keys: Path = []): undefined {
  const path = [...task, ...keys];
  document.problems.at(document.locate(path, keys.length === 0 ? "key" : "value"), `${pathText(path)} ${message}`);
}

/** Work of the engine itself stands in the draft as a function, which the schema knows. The answer says which it is. */
function finishKinds(
  keys: Record<string, Json>,
  draft: Record<string, unknown>,
  place: Place,
): Work["kind"] | undefined {
  const task = place.task!;
  const named = WORK.filter((key) => key in keys);
  const engine = named.filter((key) => key === "workflow" || key === "pipeline");
  if (engine.length > 0) {
    const kinds = named.filter((key) => key !== "type");
    if (kinds.length > 1) tellTask(place, place.path, `must have only one of ${kinds.join(", ")}`);
    if ("input" in keys) tell(place, "input", "belongs to call; a workflow gets params");
    return "workflow";
  }
  if ("params" in keys)
    tell(place, "params", "belongs to a task with workflow; others get values by env, input or body");
  if (named.length === 0 && task.node.approval !== undefined) {
    draft["call"] = "octopus:approval";
    return "approval";
  }
  finishOutputs(draft, place);
  return undefined;
}

/** Outputs that are declared by their type: of a command its own words, of anything else a key of its result. */
function finishOutputs(draft: Record<string, unknown>, place: Place): void {
  const { declared, outputs } = place.task!;
  const names = Object.keys(declared);
  if (names.length === 0) return;
  for (const kind of WRITING) {
    const work = draft[kind];
    if (work === undefined) continue;
    const long = isMapping(work as Json) ? (work as object) : { [SHORT[kind]]: work };
    draft[kind] = { ...long, outputs: declared };
    return;
  }
  for (const name of names) {
    const one = declared[name]!;
    const type = typeof one === "string" ? one : isMapping(one) ? one["type"] : undefined;
    const odd = isMapping(one) ? Object.keys(one).find((key) => key !== "type") : undefined;
    if (odd !== undefined)
      tell(place, "outputs", "belongs to the output of a command, a container or a module", [name, odd], "key");
    else if (typeof type !== "string" || !TYPES.has(type)) {
      tell(place, "outputs", `must be a type (${[...TYPES].join(", ")}), or \${{ }} over result, not ${show(one)}`, [
        name,
      ]);
    } else outputs.set(name, { value: `result[${JSON.stringify(name)}]`, type: type as "string" });
  }
}

/** What the short form of such work says. */
const SHORT = { shell: "command", docker: "image", wasm: "module" } as const;

const TYPES: ReadonlySet<string> = new Set(["string", "number", "integer", "boolean", "array", "object"]);

/** The spec with what the task is in the graph; a container where it holds others. */
function finish(parsed: TaskSpec, place: Place, own: Work["kind"] | undefined, isRefused: boolean): TaskSpec {
  const task = place.task!;
  let spec = own === undefined ? parsed : ownWork(parsed, own, task);
  if (!isRefused) task.applyPatches(spec);
  const { node, container } = task;
  const onAll = spec.worker === ALL_WORKERS;
  if (onAll) onAllWorkers(spec, place, own);
  const holds = task.isEach || onAll;
  if (!holds) checkNoContainer(place, own);
  if (own === "workflow" && container.timeout !== undefined) spec.timeout = container.timeout;
  if (task.outputs.size > 0) node.outputs = Object.fromEntries(task.outputs);
  if (holds) return containerOf(spec, task);
  if (task.dynamic) node.dynamic = true;
  if (task.escaped && !isRefused) {
    spec = unescapedSpec(spec, task.dynamic);
    if (!task.dynamic && node.approval !== undefined) node.approval = unescaped(node.approval);
  }
  if (Object.keys(node).length > 0) spec.node = node;
  return spec;
}

/** Each worker gets one of it. */
function onAllWorkers(spec: TaskSpec, place: Place, own: Work["kind"] | undefined): void {
  delete spec.worker;
  place.task!.container.workers = true;
  if (own !== undefined) tellAll(place, `goes with work that workers do, not with ${own}`);
}

function tellAll(place: Place, message: string): void {
  tell(place, place.draft["target"] === undefined ? "worker" : "target", `ALL ${message}`);
}

/** The spec of what the engine does itself: nothing of it is tried again. */
function ownWork({ retries: _retries, ...parsed }: TaskSpec, own: Work["kind"], task: TaskReading): TaskSpec {
  if (own === "workflow") {
    return { ...parsed, kind: own, type: typeOf(parsed, own), work: { kind: own, workflow: task.workflow } };
  }
  const { timeout: _timeout, ...rest } = parsed;
  const { message } = task.node.approval ?? {};
  const approval = message === undefined ? {} : { message };
  return { ...rest, kind: "approval", type: typeOf(parsed, "approval"), work: { kind: "approval", approval } };
}

/** Keys about members belong to a task that has some. */
function checkNoContainer(place: Place, own: Work["kind"] | undefined): void {
  const { maxParallel, failFast, timeout } = place.task!.container;
  const words = "belongs to a task with each, matrix or worker: ALL";
  if (maxParallel !== undefined) tell(place, "maxParallel", words, [], "key");
  if (failFast !== undefined) tell(place, "failFast", words, [], "key");
  if (timeout === undefined || own === "workflow") return;
  tell(place, "runTimeout", `${words}; timeout bounds each attempt of this one`, [], "key");
}

function typeOf(spec: TaskSpec, kind: string): string {
  return spec.type.startsWith("octopus:") ? kind : spec.type;
}

/** Only the work is evaluated later; that of a run inside the run always is. */
function unescapedSpec(spec: TaskSpec, dynamic: boolean): TaskSpec {
  const { work, ...rest } = spec;
  return { ...unescaped(rest), work: dynamic || work.kind === "workflow" ? work : unescaped(work) };
}

/** The draft with what the workflow says for all tasks, and `env` and `cwd` where a shell task has them. */
function complete(place: Place, head: Head, env: Readonly<Record<string, string>>): Record<string, unknown> {
  const { env: ownEnv, cwd: ownCwd, ...draft } = place.draft;
  const { cwd, ...defaults } = head.defaults;
  for (const [key, fallback] of Object.entries(defaults)) if (isFor(key, place)) draft[key] ??= fallback;
  if (draft["shell"] !== undefined) {
    const shared = { env: sharedEnv(place, env), cwd: cwd === undefined ? undefined : escapeText(cwd as string) };
    if (head.hasEscapes) place.task?.markEscaped();
    draft["shell"] = completeShell(draft["shell"] as Json, { env: ownEnv, cwd: ownCwd }, shared, place);
  } else if (draft["docker"] !== undefined) {
    if (head.hasEscapes) place.task?.markEscaped();
    if (ownCwd !== undefined) tell(place, "cwd", "belongs to a shell task; the folder in a container is docker.cwd");
    draft["docker"] = completeDocker(draft["docker"] as Json, ownEnv, sharedEnv(place, env), place);
  } else {
    const words = { env: "belongs to a shell or a docker task", cwd: "belongs to a shell task" };
    for (const key of ["env", "cwd"] as const) if (key in place.draft) tell(place, key, words[key]);
  }
  for (const key of FOLLOWING) {
    if (key in draft) draft[key] = completeFollowers(draft[key], (inner) => complete(inner, head, env));
  }
  return draft;
}

/** Whether what the workflow says for all tasks is meant for this one. */
function isFor(key: string, { task, draft }: Place): boolean {
  if (task?.holdsRun === true && (key === "timeout" || key === "retries" || key === "target")) return false;
  if (key !== "target") return true;
  // Whoever says where it runs has said all of it; a question runs nowhere.
  return task?.isQuestion !== true && draft["worker"] === undefined && task?.patches("targetLater") !== true;
}

/** What every command gets, with its item where it has one, and the values that it names. */
function sharedEnv({ task }: Place, env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (task === undefined || (!task.isEach && task.commandEnv.size === 0)) return env;
  const own: Record<string, string> = task.isEach ? { OCTOPUS_ITEM: "${{ item }}", OCTOPUS_INDEX: "${{ index }}" } : {};
  for (const axis of Object.keys(task.container.matrix ?? {})) own[`OCTOPUS_MATRIX_${axis}`] = `\${{ matrix.${axis} }}`;
  return { ...env, ...own, ...Object.fromEntries(task.commandEnv) };
}

/** The value with every task in it completed. */
function completeFollowers(value: unknown, finishOne: (place: Place) => unknown): unknown {
  if (value instanceof Follower) return finishOne(value.place);
  if (Array.isArray(value)) return value.map((one) => completeFollowers(one, finishOne));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, completeFollowers(one, finishOne)]));
}

/** What a shell task may say in two places. */
interface Surroundings {
  env?: unknown;
  cwd?: unknown;
}

/** A shell task with its env and folder: what the task says, over what the workflow says, over the params. */
function completeShell(shell: Json, own: Surroundings, shared: Surroundings, place: Place): unknown {
  const long: Record<string, unknown> = isMapping(shell) ? { ...shell } : { command: shell };
  for (const key of ["env", "cwd"] as const) {
    if (own[key] === undefined) continue;
    if (long[key] !== undefined) tell(place, key, `must not stand beside shell.${key}, which says the same`);
    long[key] = own[key];
  }
  const all = shared.env as Record<string, string>;
  // Tasks without variables of their own share one object: thousands of tasks would hold thousands of copies.
  if (long["env"] !== undefined) long["env"] = { ...all, ...(long["env"] as Record<string, string>) };
  else if (Object.keys(all).length > 0) long["env"] = all;
  const folder = folderOf(shared.cwd as string | undefined, long["cwd"] as string | undefined);
  if (folder !== undefined) long["cwd"] = folder;
  return long;
}

/** A container gets the same variables as a command. */
function completeDocker(docker: Json, own: unknown, shared: Readonly<Record<string, string>>, place: Place): unknown {
  const long: Record<string, unknown> = isMapping(docker) ? { ...docker } : { image: docker };
  if (own !== undefined && long["env"] !== undefined)
    tell(place, "env", "must not stand beside docker.env, which says the same");
  const env = { ...shared, ...((own ?? long["env"]) as object | undefined) };
  if (Object.keys(env).length > 0) long["env"] = env;
  return long;
}

/** A folder seen from the one above it, also where it is known later whether it begins with a slash. */
function folderOf(base: string | undefined, path: string | undefined): string | undefined {
  if (base === undefined || path === undefined || !hasExpression(path)) return joinPath(base, path);
  const pieces = piecesOf(path);
  const [first, ...rest] = pieces;
  if (typeof first === "string") return joinPath(base, path);
  return writePieces([{ expression: `inFolder(${JSON.stringify(base)}, ${first!.expression})` }, ...rest]);
}

/** The same need twice is one need. */
function onlyOnce(needs: string[] | undefined): { needs?: string[] } {
  return needs === undefined ? {} : { needs: [...new Set(needs)] };
}
