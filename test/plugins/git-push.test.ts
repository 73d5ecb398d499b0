import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { atEnd, openPlace, type Place } from "./place.ts";

/** The plugin `git_push` with a real repository, and events as GitHub, Gitea and GitLab send them. */
const origin = mkdtempSync(join(tmpdir(), "octopus-origin-"));
const NONE = "0".repeat(40);
let place: Place;
let first = "";
let second = "";

function git(...args: string[]): string {
  const who = ["-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "init.defaultBranch=main"];
  return execFileSync("git", [...who, ...args], {
    cwd: origin,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
}

function commit(files: Record<string, string>): string {
  for (const [path, text] of Object.entries(files)) writeFileSync(join(origin, path), text);
  git("add", "-A");
  git("commit", "-q", "-m", "more");
  return git("rev-parse", "HEAD");
}

before(async () => {
  atEnd(() => rmSync(origin, { recursive: true, force: true }));
  git("init", "-q");
  mkdirSync(join(origin, "src"));
  first = commit({ "README.md": "hello", "src/a b.txt": "one" });
  rmSync(join(origin, "README.md"));
  second = commit({ "src/a b.txt": "two", "new.txt": "x" });
  const dir = mkdtempSync(join(tmpdir(), "octopus-git-test-"));
  atEnd(() => rmSync(dir, { recursive: true, force: true }));
  place = await openPlace({
    shop: {
      plugin: "git_push",
      with: { dir, repositories: { "acme/shop": origin }, branches: ["main", "release/*"] },
    },
    any: { plugin: "git_push", with: { dir } },
  });
});

const push = (more: object = {}) => ({
  ...{ ref: "refs/heads/main", before: first, after: second, deleted: false },
  repository: { full_name: "acme/shop", clone_url: "https://git.example.org/acme/shop.git" },
  ...more,
});

interface Checkout {
  dir: string;
  sha: string;
  branch: string;
  before: string | null;
  files: { path: string; change: string }[];
}

test("a push is checked out at its commit, with what it changed", async () => {
  const { state, result, error } = await place.call("shop", "checkout", { event: push() });
  assert.equal(state, "succeeded", error);
  const { dir, sha, branch, before, files } = result as Checkout;
  assert.deepEqual([sha, branch, before], [second, "main", first]);
  assert.equal(readFileSync(join(dir, "src/a b.txt"), "utf8"), "two");
  assert.deepEqual(files, [
    { path: "README.md", change: "D" },
    { path: "new.txt", change: "A" },
    { path: "src/a b.txt", change: "M" },
  ]);
});

test("a commit that the branch has left behind, and a branch that is new, are found; each has its own folder", async () => {
  const gitlab = { ref: "refs/heads/main", before: NONE, after: first, project: { path_with_namespace: "acme/shop" } };
  const [one, two] = await Promise.all([1, 2].map(() => place.call("shop", "checkout", { event: gitlab })));
  const { dir, sha, files, before } = one!.result as Checkout;
  assert.deepEqual([sha, before], [first, null], one!.error);
  assert.equal(readFileSync(join(dir, "README.md"), "utf8"), "hello");
  assert.deepEqual(
    files.map(({ path }) => path),
    ["README.md", "src/a b.txt"],
  );
  assert.notEqual(dir, (two!.result as Checkout).dir);
});

test("branches that are not asked for, and deleted ones, are skipped", async () => {
  const skipped = async (event: object): Promise<unknown> => {
    const { result } = await place.call("shop", "checkout", { event } as never);
    return (result as { skipped?: string }).skipped;
  };
  assert.equal(await skipped(push({ ref: "refs/heads/mine" })), "mine is none of main, release/*");
  assert.equal(await skipped(push({ deleted: true, after: NONE })), "refs/heads/main was deleted");
});

test("what an event says is no option, no path and no other repository", async () => {
  const refused = async (adapter: string, event: object): Promise<string> => {
    const { state, error } = await place.call(adapter, "checkout", { event } as never);
    assert.equal(state, "failed");
    return error;
  };
  assert.match(
    await refused("shop", push({ repository: { full_name: "acme/other" } })),
    /acme\/other is none of acme\/shop/,
  );
  for (const clone_url of [origin, `file://${origin}`, "--upload-pack=touch x", "ext::sh -c touch% x"])
    assert.match(await refused("any", push({ repository: { clone_url } })), /is no address of a repository/);
  assert.match(await refused("shop", push({ ref: "--upload-pack=x" })), /is no name of a ref/);
  assert.match(await refused("shop", push({ after: "HEAD" })), /is no name of a commit/);
  assert.match(
    await refused("shop", push({ ref: "refs/heads/release/none", after: "1".repeat(40) })),
    /git fetch: .*release\/none/,
  );
});

test("as a task it takes a repository and a ref", async () => {
  const { result, error } = await place.task("git_push", "main", { url: origin, ref: "main" });
  assert.equal((result as Checkout).sha, second, error);
  rmSync((result as Checkout).dir, { recursive: true });
});
