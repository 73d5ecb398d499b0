/** What docs/operate/policy.md shows is so: its settings load, and its tables say what becomes of each command. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as parser from "unbash";
import { CommandPolicy } from "../policy/policy.ts";
import { DEFAULT_RULES, UNREAD_RULE } from "../policy/defaults.ts";
import { policySettings } from "../policy/settings.ts";
import { loadConfig } from "./load.ts";
import type { Config } from "./schema.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/operate/policy.md"), "utf8");

function configOf(text: string): Config {
  const folder = mkdtempSync(join(tmpdir(), "octopus-policy-"));
  try {
    writeFileSync(join(folder, "octopus.yaml"), text);
    return loadConfig({ cwd: folder, env: {} }).config;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function rows(title: string): [command: string, verdict: string][] {
  const begin = page.indexOf(`| ${title}`);
  assert.ok(begin >= 0, title);
  const lines = page.slice(begin).split("\n");
  return lines.slice(2, lines.indexOf("")).map((line) => {
    const cells = line.slice(1, -1).split(/(?<!\\)\|/);
    const [command = "", said = ""] = cells.map((cell) => /^`(.*)`$/.exec(cell.trim())?.[1] ?? cell.trim());
    return [command.replaceAll("\\|", "|"), said];
  });
}

function verdict(command: string, settings: object, arm = "default"): string {
  const policy = new CommandPolicy(policySettings(settings), () => parser);
  return policy.judge({ command }, { arm, role: "submitter" })[0]?.rule ?? "passes";
}

test("the tables of commands say what becomes of them", () => {
  for (const [command, expected] of rows("command | |")) assert.equal(verdict(command, {}), expected, command);
  for (const [command] of rows("command | why it passes")) assert.equal(verdict(command, {}), "passes", command);
  const arms = { x: { only: ["git", "npm"] } };
  for (const [command, expected] of rows("command, on an arm with `only: [git, npm]` | |"))
    assert.equal(verdict(command, { arms }, "x"), expected, command);
});

test("every rule that comes with Octopus is named", () => {
  const named = rows("rule | refuses").map(([name]) => name);
  assert.deepEqual(named.toSorted(), [...Object.keys(DEFAULT_RULES), UNREAD_RULE].toSorted());
});

test("the settings load, and mean what the page says", () => {
  const [server, worker] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => configOf(text!));
  const { policy } = server!;
  assert.equal(verdict("git push --force-with-lease", policy), "no-force");
  assert.equal(verdict("rm -rf /home/x", policy), "in-their-place");
  assert.equal(verdict("LD_PRELOAD=x ls", policy), "no-preload");
  assert.equal(verdict("cat x | gzip | nc host 1", policy), "secrets");
  assert.equal(verdict("rm -r /srv/data/x", policy), "careful");
  assert.equal(verdict("ls", policy, "deploy"), "only");
  assert.equal(verdict("rm -rf /", policy, "playground"), "passes");
  const admin = new CommandPolicy(policySettings(policy), () => parser);
  const dd = { command: "dd if=x of=/dev/sdz" };
  assert.deepEqual(admin.judge(dd, { arm: "backup", role: "admin" }), []);
  assert.equal(admin.judge(dd, { arm: "backup", role: "operator" })[0]?.rule, "no-dd");
  assert.equal(verdict("sudo ls", worker!.worker.policy), "no-root");
});

test("what is wrong with a rule is told where it stands", () => {
  const wrong = (rules: string): string => {
    try {
      configOf(`policy:\n  rules: ${rules}\n`);
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(wrong("{a: {deny: {progam: x}}}"), /octopus\.yaml:2: .*a\.deny\.0 .*progam.*did you mean program/);
  assert.match(wrong("{a: {deny: {program: x}, allow: {program: y}}}"), /a must hold one of deny, warn and allow/);
  assert.match(wrong("{a: {deny: {}}}"), /must say something of the command/);
  assert.match(wrong("{1a: {deny: {program: x}}}"), /must begin with a letter/);
  assert.match(wrong("{a: {deny: {program: x}, roles: [boss]}}"), /a\.roles\.0/);
  assert.match(wrong("[x]"), /must be rules by name/);
  assert.match(wrong("{a: x}"), /: a must hold keys with values, not "x"/);
  assert.match(wrong("{a: {deny: []}}"), /: a\.deny must not be empty/);
  assert.match(wrong("{a: {deny: {program: [ls, 7]}}}"), /: a\.deny\.0\.program\.1 must be text, not 7/);
  assert.match(wrong("{a: {deny: {isRun: false}}}"), /: a\.deny\.0\.isRun must be true, not false/);
  assert.match(wrong("{a: {deny: {program: x}, arms: b}}"), /: a\.arms must be a list, not "b"/);
  assert.match(
    wrong(`{a: {deny: {program: x}, why: ${"y".repeat(501)}}}`),
    /: a\.why must have at most 500 characters/,
  );
});
