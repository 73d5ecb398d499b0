/**
 * What a person would type to do the same elsewhere: as `curl` and on the command line. A token never stands in them: they
 * read it from `$OCTOPUS_TOKEN`. Every value is quoted for a POSIX shell, so that pasting runs nothing but the command.
 */
import type { Json } from "../base/words.ts";
import type { TaskView } from "../protocol/views.ts";

export interface Commands {
  /** What they do: `Look at it`. */
  title: string;
  curl: string;
  cli: string;
}

/** One word of a command line. What a terminal would act on when it is pasted is written as an escape. */
export function shellQuote(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  if (!/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(word))
    return `'${word.replaceAll("'", String.raw`'\''`)}'`;
  return `$'${Array.from(word, escaped).join("")}'`;
}

function escaped(sign: string): string {
  const code = sign.codePointAt(0)!;
  if (sign === "'" || sign === "\\") return `\\${sign}`;
  if (sign === "\n") return String.raw`\n`;
  if (sign === "\t") return String.raw`\t`;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
  if ((code >= 0x80 && code < 0xa0) || /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(sign))
    return `\\u${code.toString(16).padStart(4, "0")}`;
  return sign;
}

interface Where {
  /** Address of the server. */
  url: string;
  /** The server wants a token. */
  needsToken: boolean;
  /** For the command line; absent: the one that holds where none is named. */
  namespace?: string | undefined;
}

interface Request {
  method?: "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  body?: Json;
}

export function curlOf({ url, needsToken }: Where, { method, path, body }: Request): string {
  const words = ["curl", "-sS"];
  if (method !== undefined && (method !== "POST" || body === undefined)) words.push("-X", method);
  words.push(shellQuote(`${url.replace(/\/$/, "")}/api/v1${path}`));
  if (needsToken) words.push("-H", '"Authorization: Bearer $OCTOPUS_TOKEN"');
  if (body !== undefined) words.push("-H", "'content-type: application/json'", "-d", shellQuote(JSON.stringify(body)));
  return words.join(" ");
}

/** What a command of the CLI is given after its name, to work in this namespace. */
export function namespaceOption(namespace: string | undefined): string {
  return namespace === undefined ? "" : ` --namespace ${shellQuote(namespace)}`;
}

/** What can be done with a task from elsewhere; what does not go with its state is left out. */
export function taskCommands(task: TaskView, where: Where, isEnded: boolean): Commands[] {
  const path = `/tasks/${encodeURIComponent(task.id)}`;
  const id = shellQuote(task.id);
  const at = namespaceOption(where.namespace);
  const one = (title: string, request: Request, cli: string): Commands => ({
    title,
    curl: curlOf(where, request),
    cli,
  });
  const found = [
    one("Look at it", { path }, `octopus show${at} ${id}`),
    one("Read its log", { path: `${path}/logs/raw` }, `octopus logs${at} ${id}`),
  ];
  if (isEnded)
    found.push(one("Retry it", { method: "POST", path: `${path}/retry`, body: {} }, `octopus retry${at} ${id}`));
  else {
    found.push(one("Wait for its end", { path: `${path}?wait=30s` }, `octopus wait${at} ${id}`));
    found.push(one("Cancel it", { method: "POST", path: `${path}/cancel`, body: {} }, `octopus cancel${at} ${id}`));
  }
  const submission = submissionOf(task);
  if (submission !== undefined) {
    const request: Request = { method: "POST", path: "/tasks", body: submission };
    const cli = `echo ${shellQuote(JSON.stringify(submission))} | octopus submit${at} --from-json -`;
    found.push(one("Submit another like it", request, submitLine(task, at) ?? cli));
  }
  return found;
}

/**
 * A submission that makes another task like this one: what it does and where, without its id, its place in a run, what it
 * needs and what makes it the only one; `isSame` is for one that takes its place. Undefined for what only a workflow makes.
 */
export function submissionOf(task: TaskView, isSame = false): Record<string, Json> | undefined {
  const work = task.work as Record<string, Json> | null;
  if (work === null || typeof work !== "object") return undefined;
  const said = saidOf(task.kind, work);
  if (said === undefined) return undefined;
  const { concurrencyKey, rate, target } = task;
  const given: Record<string, Json | undefined> = {
    ...said,
    name: task.name,
    arm: task.arm === "default" ? undefined : task.arm,
    priority: task.priority === 5 ? undefined : task.priority,
    timeout: task.timeoutMs,
    retries: task.retries === undefined ? undefined : asWritten(task.retries),
    tags: task.tags.length === 0 ? undefined : task.tags,
    target,
    resources: resourcesOf(task),
    owner: task.owner,
    mutex: task.mutex,
    concurrencyKey,
    rate: rate && { key: rate.key, limit: rate.limit, per: rate.perMs, burst: rate.burst },
  };
  const { uniqueKey } = task;
  if (isSame) {
    if (task.needs.length > 0) given["needs"] = task.needs;
    if (task.dueAt !== undefined) given["runAt"] = task.dueAt;
    if (uniqueKey !== undefined) given["uniqueKey"] = asWritten(uniqueKey as Json);
  }
  return Object.fromEntries(Object.entries(given).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

/** Names that end in `Ms` in an answer and are durations in a submission, and classes of HTTP statuses. */
function asWritten(value: Json): Json {
  if (Array.isArray(value)) return value.map(asWritten);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      if (name === "statuses" && Array.isArray(one))
        return [name, one.map((status) => (typeof status === "number" && status < 10 ? `${status}xx` : status))];
      return [name.replace(/Ms$/, ""), asWritten(one)];
    }),
  );
}

/** What it takes of a worker; certain units of it stand in place of their number. */
function resourcesOf({ resources, units = {} }: TaskView): Record<string, Json> | undefined {
  if (resources === undefined) return undefined;
  const certain = Object.entries(units).map(([name, index]): [string, Json] => {
    const share = resources[name] ?? 1;
    return [name, { index, ...(share < index.length && { share }) }];
  });
  return { ...resources, ...Object.fromEntries(certain) };
}

/** The field that says what it does. */
function saidOf(kind: TaskView["kind"], work: Record<string, Json>): Record<string, Json> | undefined {
  switch (kind) {
    case "shell":
    case "http":
    case "plugin":
    case "docker":
    case "wasm":
      return work[kind] === undefined ? undefined : { [kind]: work[kind] };
    case "call":
      return { call: work["call"] ?? null, ...(work["input"] !== undefined && { input: work["input"] }) };
    case "custom":
      return work["custom"] as Record<string, Json>;
    case "each":
    case "workflow":
    case "approval":
      return undefined;
  }
}

/** A short command line, for commands that say no more than what has an option. */
function submitLine(task: TaskView, at: string): string | undefined {
  if (task.kind !== "shell") return undefined;
  const { command, cwd, env, ...rest } = (task.work as { shell: Record<string, Json> }).shell;
  if (typeof command !== "string" || Object.keys(rest).length > 0) return undefined;
  const isOdd = task.target ?? task.resources ?? task.rate ?? task.mutex ?? task.concurrencyKey ?? task.retries;
  if (isOdd !== undefined) return undefined;
  const words = [`octopus submit${at}`];
  const option = (name: string, value: string): number => words.push(name, shellQuote(value));
  if (task.name !== undefined) option("--name", task.name);
  if (task.arm !== "default") option("--arm", task.arm);
  if (task.priority !== 5) option("--priority", String(task.priority));
  if (task.timeoutMs !== undefined) option("--timeout", `${task.timeoutMs}ms`);
  if (task.owner !== undefined) option("--owner", task.owner);
  for (const tag of task.tags) option("--tag", tag);
  if (typeof cwd === "string") option("--cwd", cwd);
  for (const [name, value] of Object.entries((env ?? {}) as Record<string, Json>))
    option("--env", `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [...words, "--", shellQuote(command)].join(" ");
}
