// /// octopus
// description: Reads the push webhook of GitHub, GitLab, Gitea or Forgejo, and checks its commit out on the worker.
// timeout: 10m
// actions:
//   checkout: &checkout
//     description: "Answers {dir, repository, ref, branch, sha, before, files}: a folder of its own with the commit."
//     inputs:
//       type: object
//       properties:
//         event: { type: object, description: The body of the webhook. }
//         url: { type: string, description: "Of the repository, where the event is not to say it." }
//         ref: { type: string, description: "Branch, tag or commit, where there is no event; default: HEAD." }
//         branches: { type: array, items: { type: string }, description: "Others are skipped: main, release/*." }
//     args: [event]
//   main: *checkout
// ///
/**
 * From a push to a folder with its commit. A bare copy of each repository stays on the worker, so that a checkout fetches only
 * what is new.
 *
 * GP1  What an event says is never an option of a command, nor an address but of https, http, ssh or git.
 * GP2  Each call has a folder of its own; the oldest ones go.
 */
import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

interface Settings {
  event?: PushEvent;
  url?: string;
  ref?: string;
  branches?: string[];
  /** Folder for the copies. Default: one for temporary files. */
  dir?: string;
  /** By full name the addresses of the only repositories that it takes: `{acme/shop: "git@example.org:acme/shop.git"}`. */
  repositories?: Record<string, string>;
  /** Token for https addresses. */
  token?: string;
  /** Folders that stay. Default 10. */
  keep?: number;
}

/** As far as it is looked at: GitHub, Gitea and Forgejo say `repository`, GitLab `project`. */
interface PushEvent {
  ref?: string;
  before?: string;
  after?: string;
  deleted?: boolean;
  repository?: { full_name?: string; clone_url?: string };
  project?: { path_with_namespace?: string; git_http_url?: string };
}

interface Context {
  config?: Settings;
  signal: AbortSignal;
  task?: { id: string; attempt: number };
  log(text: string): void;
}

interface Wanted {
  repository: string;
  url: string;
  ref: string;
  sha?: string | undefined;
  before?: string | undefined;
}

const SHA = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
const NO_SHA = /^0+$/;
const REF = /^(?!.*(?:\.\.|@\{|\/\/|\.lock$))[A-Za-z0-9_][A-Za-z0-9_./@+#-]{0,250}$/;
const REMOTE = /^(https?|ssh|git):\/\/|^[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:/;
const DAY_MS = 86_400_000;
const FILES_MAX = 3000;

export async function checkout(...values: unknown[]): Promise<object> {
  const context = values.at(-1) as Context;
  const [first] = values.slice(0, -1) as (Settings & PushEvent)[];
  const isEvent = first !== undefined && ("repository" in first || "project" in first);
  const given: Settings = isEvent ? { event: first } : (first ?? {});
  // What the deployment has settled is not for a caller to change.
  const settings: Settings = { ...given, ...context.config };
  const { event, branches } = settings;
  if (event?.deleted === true || (event?.after !== undefined && NO_SHA.test(event.after)))
    return { skipped: `${event.ref ?? "a ref"} was deleted` };
  const wanted = wantedOf(settings, given);
  const branch = /^refs\/heads\/(.+)$/.exec(wanted.ref)?.[1];
  if (branches !== undefined && !branches.some((one) => isLike(branch ?? wanted.ref, one)))
    return { skipped: `${branch ?? wanted.ref} is none of ${branches.join(", ")}` };
  return { ...(await fetchAndCheckOut(wanted, settings, context)), ...(branch !== undefined && { branch }) };
}

export function main(...values: unknown[]): Promise<object> {
  return checkout(...values);
}

function wantedOf(settings: Settings, given: Settings): Wanted {
  const { event = {} } = settings;
  const { ref = settings.ref ?? "HEAD", after, before } = event;
  const { repository, url } = repositoryOf(settings, given);
  if (!REF.test(ref)) throw new Error(`${JSON.stringify(ref)} is no name of a ref`);
  for (const sha of [after, before])
    if (sha !== undefined && !SHA.test(sha)) throw new Error(`${JSON.stringify(sha)} is no name of a commit`);
  const isNew = before === undefined || NO_SHA.test(before);
  return { repository, url, ref, sha: after, before: isNew ? undefined : before };
}

function repositoryOf(
  { event = {}, repositories, url: settled }: Settings,
  given: Settings,
): Pick<Wanted, "repository" | "url"> {
  const { repository, project } = event;
  const name = repository?.full_name ?? project?.path_with_namespace;
  if (repositories !== undefined && (name === undefined || !Object.hasOwn(repositories, name)))
    throw new Error(`the repository ${name ?? "without a name"} is none of ${Object.keys(repositories).join(", ")}`);
  const own = repositories?.[name!] ?? settled;
  const url = own ?? addressIn(event);
  if (url === undefined) throw new Error("it was not told which repository: give the `event` of a push, or a `url`");
  // A path of this machine is for the settings to name, or for whoever may submit tasks.
  const isKnown = REMOTE.test(url) || ((own !== undefined || given.url === url) && /^(\/|file:\/\/)/.test(url));
  if (!isKnown) throw new Error(`${JSON.stringify(url)} is no address of a repository: https, http, ssh or git`);
  return { repository: name ?? url, url };
}

function addressIn({ repository, project }: PushEvent): string | undefined {
  return repository?.clone_url ?? project?.git_http_url;
}

async function fetchAndCheckOut(wanted: Wanted, { dir, token, keep = 10 }: Settings, context: Context) {
  const { url, ref, repository } = wanted;
  const home = join(dir ?? join(tmpdir(), "octopus-git"), createHash("sha256").update(url).digest("hex").slice(0, 16));
  const bare = join(home, "bare.git");
  const run = gitIn(context.signal, token);
  mkdirSync(home, { recursive: true });
  await run(["init", "--quiet", "--bare", bare]);
  const mark = `refs/octopus/${randomUUID()}`;
  context.log(`fetching ${ref} of ${repository}`);
  const fetchAs = (what: string): Promise<string> =>
    run(["-C", bare, "fetch", "--quiet", "--no-tags", "--force", "--", url, `${what}:${mark}`]);
  await fetchAs(ref).catch(async (error: unknown) => {
    // The branch may be gone already: then the commit is asked for by its name.
    if (wanted.sha === undefined) throw error;
    await fetchAs(wanted.sha).catch(() => {
      throw error;
    });
  });
  try {
    const sha = wanted.sha ?? (await run(["-C", bare, "rev-parse", `${mark}^{commit}`])).trim();
    // The branch may have gone on since, or have been set back: then the commit is fetched by its name.
    if (!(await has(run, bare, sha))) await run(["-C", bare, "fetch", "--quiet", "--no-tags", "--", url, sha]);
    const trees = join(home, "trees");
    prune(trees, keep);
    const own = join(trees, `${sha.slice(0, 12)}-${context.task?.id ?? "call"}-${randomUUID().slice(0, 8)}`);
    await run(["clone", "--quiet", "--no-checkout", "--", bare, own]);
    await run(["-C", own, "-c", "advice.detachedHead=false", "checkout", "--quiet", "--detach", sha]);
    return {
      dir: own,
      repository,
      ref,
      sha,
      before: wanted.before ?? null,
      ...(await changed(run, own, sha, wanted.before)),
    };
  } finally {
    await run(["-C", bare, "update-ref", "-d", mark]).catch(() => undefined);
  }
}

type Git = (args: string[]) => Promise<string>;

function gitIn(signal: AbortSignal, token: string | undefined): Git {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    GIT_TERMINAL_PROMPT: "0",
    GIT_ALLOW_PROTOCOL: "https:http:ssh:git:file",
    GIT_CONFIG_NOSYSTEM: "1",
  };
  // In the environment of git alone: a command line can be read by everybody.
  if (token !== undefined) {
    const header = `Authorization: Basic ${Buffer.from(`oauth2:${token}`).toString("base64")}`;
    Object.assign(env, { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "http.extraHeader", GIT_CONFIG_VALUE_0: header });
  }
  return async (args) => {
    try {
      const { stdout } = await promisify(execFile)("git", args, { env, signal, maxBuffer: 64 * 1024 * 1024 });
      return stdout;
    } catch (error) {
      const { code, stderr = "", message } = error as NodeJS.ErrnoException & { stderr?: string };
      if (code === "ENOENT")
        throw new Error("this worker has no git: install it, or choose workers that have it", { cause: error });
      const command = args.find((arg) => /^[a-z][a-z-]+$/.test(arg)) ?? "";
      throw new Error(`git ${command}: ${stderr.trim() || message}`, { cause: error });
    }
  };
}

async function has(run: Git, bare: string, sha: string): Promise<boolean> {
  return run(["-C", bare, "cat-file", "-e", `${sha}^{commit}`]).then(
    () => true,
    () => false,
  );
}

/** What the push changed: `A`dded, `M`odified, `D`eleted and so on, by path. */
async function changed(run: Git, dir: string, sha: string, before: string | undefined) {
  const isThere = before !== undefined && (await has(run, dir, before));
  const range = isThere
    ? ["diff", "--name-status", "-z", before, sha]
    : ["show", "--format=", "--name-status", "-z", sha];
  const words = (await run(["-C", dir, ...range])).split("\0").filter((word) => word !== "");
  const files: { path: string; change: string }[] = [];
  for (let at = 0; at < words.length; at += 2) {
    const change = words[at]![0]!;
    // A renamed or copied one has two paths.
    if (change === "R" || change === "C") at++;
    files.push({ path: words[at + 1] ?? "", change });
  }
  return { files: files.slice(0, FILES_MAX), ...(files.length > FILES_MAX && { filesInAll: files.length }) };
}

/** Removes folders beyond those that stay, and none of the last day: a task may still be using it. */
function prune(trees: string, keep: number): void {
  mkdirSync(trees, { recursive: true });
  const all = readdirSync(trees).map((name) => {
    const path = join(trees, name);
    // Another call may have removed it.
    return { path, at: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now() };
  });
  const old = all.toSorted((a, b) => b.at - a.at).slice(keep);
  for (const { path, at } of old) if (Date.now() - at > DAY_MS) rmSync(path, { recursive: true, force: true });
}

/** `release/*` means all that begin so. */
function isLike(text: string, pattern: string): boolean {
  const source = pattern
    .split("*")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${source}$`).test(text);
}
