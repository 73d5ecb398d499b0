/**
 * A task as a form: for each kind of work the fields that say what it does, and those that every task has. What has no
 * field (callbacks, sandboxes, rules of retries) stands beside them as JSON, and is never lost.
 */
import { ONLOST_WORDS, PLACEMENT_WORDS, POLICY_WORDS, SCOPE_WORDS } from "./task-words.ts";
import type { Json } from "../base/words.ts";

type Schema = { [key: string]: Json };

export const FORM_KINDS = ["shell", "http", "plugin", "call", "docker", "wasm", "uses"] as const;
/** Kinds of work by the field of a submission that says what is done. */
export type FormKind = (typeof FORM_KINDS)[number];

export const KIND_LABELS: Readonly<Record<FormKind, string>> = {
  shell: "Command",
  http: "HTTP request",
  plugin: "Plugin",
  call: "Function",
  docker: "Container",
  wasm: "Module",
  uses: "Executor",
};

/** What a form of a plugin's action knows of it. */
export interface KnownPlugins {
  /** Names of plugins, and of those that are modules. */
  plugins: readonly string[];
  modules: readonly string[];
  /** Names of the actions of the chosen plugin, and the inputs of the chosen one, where they are known. */
  actions?: readonly string[] | undefined;
  inputs?: Json | undefined;
}

const text = (title: string, more: Schema = {}): Schema => ({ type: "string", title, ...more });
const whole = (title: string, more: Schema = {}): Schema => ({ type: "integer", title, ...more });
const flag = (title: string, more: Schema = {}): Schema => ({ type: "boolean", title, ...more });
const duration = (title: string, description: string, example: string): Schema =>
  text(title, { description, examples: [example] });
const choice = (title: string, words: Readonly<Record<string, string>>, more: Schema = {}): Schema => ({
  title,
  oneOf: Object.entries(words).map(([value, says]) => ({ const: value, title: says })),
  ...more,
});
const list = (title: string, items: Schema, more: Schema = {}): Schema => ({ type: "array", title, items, ...more });
const names = (title: string, more: Schema = {}): Schema => ({
  type: "object",
  title,
  additionalProperties: { type: "string" },
  ...more,
});
const group = (
  title: string,
  properties: Record<string, Schema>,
  required: string[] = [],
  more: Schema = {},
): Schema => ({
  type: "object",
  title,
  properties,
  required,
  ...more,
});

/** Seldom needed. */
const minor = { "x-minor": true };
const env = names("Environment variables", minor);
const stdin = text("Standard input", { format: "multiline", ...minor });
const maxOutput = text("Output that is kept", {
  examples: ["10MiB"],
  description: "What comes after it is dropped",
  ...minor,
});
const grace = { ...duration("Time to stop", "Between the wish to stop and the end of its process", "5s"), ...minor };

const SHELL = group(
  "Command",
  {
    command: text("Command", { format: "code", examples: ["make report"], description: "As a shell reads it" }),
    cwd: text("Folder", { description: "In which it runs, on the worker", ...minor }),
    env,
    stdin,
    maxOutput,
    grace,
  },
  ["command"],
);

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const HTTP = group(
  "Request",
  {
    method: { title: "Method", enum: METHODS, default: "GET" },
    url: text("URL", { examples: ["https://example.org/hook"], pattern: "^https?://", format: "uri" }),
    headers: names("Headers", minor),
    body: { title: "Body", description: "As JSON; text stands in quotes and is sent as it is" },
    expect: list("Statuses that are fine", whole("Status", { minimum: 100, maximum: 599 }), {
      description: "Without any: every status below 400",
      ...minor,
    }),
    sign: text("Signed with", { description: "Name of a secret of the server", format: "secret", ...minor }),
  },
  ["url"],
);

const DOCKER = group(
  "Container",
  {
    image: text("Image", { examples: ["alpine:3"] }),
    command: text("Command", { format: "code", description: "For /bin/sh in it; without one the image's own" }),
    env,
    cwd: text("Folder in it", { pattern: "^/", ...minor }),
    volumes: list("Volumes", text("Volume", { examples: ["/data:/data:ro"] }), {
      description: "HOST:CONTAINER or HOST:CONTAINER:ro",
      ...minor,
    }),
    network: text("Network", { default: "bridge", ...minor }),
    memory: text("Memory", { examples: ["512MiB"], ...minor }),
    cpus: { type: "number", title: "Cores", minimum: 0.01, maximum: 1024, ...minor },
    pull: choice(
      "Fetch the image",
      { missing: "when it is missing", always: "always", never: "never" },
      { default: "missing", ...minor },
    ),
    readOnly: flag("Its files cannot be changed", minor),
    stdin,
    maxOutput,
    grace,
  },
  ["image"],
);

/** The fields that say what it does. */
function workOf(kind: FormKind, known: KnownPlugins): { properties: Record<string, Schema>; required: string[] } {
  switch (kind) {
    case "shell":
      return { properties: { shell: SHELL }, required: ["shell"] };
    case "http":
      return { properties: { http: HTTP }, required: ["http"] };
    case "docker":
      return { properties: { docker: DOCKER }, required: ["docker"] };
    case "plugin":
      return { properties: { plugin: pluginOf(known) }, required: ["plugin"] };
    case "wasm":
      return { properties: { wasm: moduleOf(known) }, required: ["wasm"] };
    case "call":
      return {
        properties: {
          call: text("Function", { format: "function", description: "A function that some worker has" }),
          input: { title: "Input", description: "What the function gets, as JSON" },
        },
        required: ["call"],
      };
    case "uses":
      return {
        properties: {
          uses: text("Executor", { format: "executor", description: "That some worker was given" }),
          with: { title: "With", type: "object", description: "What the executor gets, as JSON" },
        },
        required: ["uses"],
      };
  }
}

function pluginOf({ plugins, actions, inputs }: KnownPlugins): Schema {
  const hasInputs = typeof inputs === "object" && inputs !== null && !Array.isArray(inputs);
  return group(
    "Plugin",
    {
      name: text("Plugin", { format: "plugin", ...(plugins.length > 0 && { examples: [plugins[0]!] }) }),
      action:
        actions !== undefined && actions.length > 0
          ? { title: "Action", enum: [...actions], ...(actions.includes("main") && { default: "main" }) }
          : text("Action", { default: "main" }),
      kwargs: hasInputs ? { type: "object", ...inputs, title: "Values" } : { title: "Values by name", type: "object" },
      args: list("Values in order", { title: "Value" }, minor),
      env,
      venv: text("Virtual environment", { description: "Of the worker, for Python", ...minor }),
      maxOutput,
      grace,
    },
    needsValues(inputs) ? ["name", "kwargs"] : ["name"],
  );
}

function needsValues(inputs: Json | undefined): boolean {
  if (typeof inputs !== "object" || inputs === null || Array.isArray(inputs)) return false;
  return Array.isArray(inputs["required"]) && inputs["required"].length > 0;
}

function moduleOf({ modules }: KnownPlugins): Schema {
  return group(
    "Module",
    {
      module: text("Module", { format: "module", ...(modules.length > 0 && { examples: [modules[0]!] }) }),
      args: list("Arguments", text("Argument")),
      env,
      stdin,
      dirs: names("Folders", { description: "By path in the module, the folder of the worker", ...minor }),
      memory: text("Memory", { examples: ["64MiB"], ...minor }),
    },
    ["module"],
  );
}

const KEY = text("Key");
const LIMIT = whole("At most", { minimum: 1 });
const RATE = {
  limit: LIMIT,
  per: duration("In", "The stretch of time", "1m"),
  burst: whole("At once", { minimum: 1 }),
};

const RETRIES = group("Retries", {
  limit: whole("Tries after the first", { minimum: 0, maximum: 1000 }),
  backoff: choice("Waits", { fixed: "of the same length", exponential: "twice as long each time" }),
  delay: duration("Wait before the first", "1s when nothing is said", "5s"),
  maxDelay: duration("Longest wait", "10m when nothing is said", "10m"),
  jitter: { type: "number", title: "Share drawn at random", minimum: 0, maximum: 1 },
});

const PRIORITIES = Array.from({ length: 11 }, (_, i) => 10 - i);

/** What every task has, by the part of the form that it stands in. */
export const TASK_SECTIONS: readonly { title: string; keys: readonly string[] }[] = [
  { title: "When, and how often", keys: ["delay", "runAt", "expiresAt", "timeout", "retries", "onLost", "needs"] },
  { title: "Where", keys: ["worker", "target", "resources"] },
  { title: "Keys and limits", keys: ["owner", "concurrencyKey", "uniqueKey", "mutex", "rate", "cache"] },
  { title: "What it is called", keys: ["id", "type"] },
];

/** Those that are always shown. */
export const FIRST_KEYS: readonly string[] = ["name", "arm", "priority", "tags"];

const COMMON: Record<string, Schema> = {
  name: text("Name", { maxLength: 200, description: "For people" }),
  arm: text("Arm", { format: "arm", description: "The lane that it waits in" }),
  priority: { title: "Priority", enum: PRIORITIES, default: 5, description: "The highest starts first" },
  tags: list("Tags", text("Tag", { format: "tag" }), { maxItems: 32 }),
  delay: duration("Start after", "From now", "10m"),
  runAt: text("Start at", {
    examples: ["2026-12-24T18:00:00Z"],
    description: "A time with a zone, in place of a wait",
  }),
  expiresAt: text("Not after", {
    examples: ["2026-12-24T20:00:00Z"],
    description: "It expires when it has not begun by then",
  }),
  timeout: duration("Timeout", "Of each try", "5m"),
  retries: RETRIES,
  onLost: choice("When its worker is lost", ONLOST_WORDS),
  needs: list("Needs", text("Task"), { description: "Ids of tasks that have to succeed before" }),
  worker: text("Worker", { format: "worker", description: "The only one; ALL is each that is online and fits" }),
  target: group("Of the workers", {
    labels: text("With labels", { examples: ["zone == attic, disk in (ssd, nvme)"] }),
    apart: text("Not beside another with this key"),
    spread: text("Spread over", { examples: ["zone"], description: "A label, or worker" }),
    policy: choice("Which of them", PLACEMENT_WORDS),
  }),
  resources: {
    type: "object",
    title: "Takes of the worker",
    additionalProperties: {},
    description: 'Amounts such as 2, 0.5 or "2GiB"',
  },
  owner: text("Owner", { format: "owner", description: "Whose quota it counts against" }),
  concurrencyKey: group("Concurrency key", { key: KEY, limit: whole("At most at once", { minimum: 1, default: 1 }) }, [
    "key",
  ]),
  uniqueKey: group(
    "Unique key",
    {
      key: KEY,
      scope: choice("Taken", SCOPE_WORDS),
      period: duration("For", "With a key that is taken for a time", "1h"),
      policy: choice("A second one", POLICY_WORDS),
    },
    ["key"],
  ),
  mutex: list("Mutexes", text("Name"), { description: "Names that one running task holds at a time", maxItems: 8 }),
  rate: group("Rate", { key: KEY, ...RATE }, ["key", "limit", "per"]),
  cache: group("Cache", {
    key: KEY,
    ttl: duration("Good for", "As long as it is kept, when nothing is said", "1d"),
    refresh: flag("Run anyway, and keep the result"),
  }),
  id: text("Id", { description: "Of your own, such as an order's number: a second one with it is refused" }),
  type: text("Type", { format: "type", description: "Lists filter by it" }),
};

export function taskSchema(kind: FormKind, known: KnownPlugins = { plugins: [], modules: [] }): Schema {
  const { properties, required } = workOf(kind, known);
  return { type: "object", properties: { ...properties, ...COMMON }, required };
}

/** The fields of `kind` that say what it does. */
export function workKeys(kind: FormKind): readonly string[] {
  return Object.keys(workOf(kind, { plugins: [], modules: [] }).properties);
}
