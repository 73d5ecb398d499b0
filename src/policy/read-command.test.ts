/** Reading ends, soon, and throws nothing, whatever the text is (RC1); what is found in ordinary commands is all of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as parser from "unbash";
import { CommandPolicy } from "./policy.ts";
import { readCommand } from "./read-command.ts";
import { policySettings } from "./settings.ts";
import { processorMs } from "../../test/machine.ts";

const policy = new CommandPolicy(policySettings({ arms: { only: { only: ["git"] } } }), () => parser);

function names(text: string): string[] {
  return readCommand(text, {}, parser).commands.map(({ name }) => name);
}

const PIECES = [
  ...[
    "rm",
    "-rf",
    "/",
    "*",
    "$X",
    '"',
    "'",
    "`",
    "$(",
    ")",
    "(",
    "{",
    "}",
    "${",
    "<<EOF\n",
    "EOF\n",
    "\n",
    ";",
    "&&",
    "|",
  ],
  ...[
    "&",
    ">",
    "<",
    "sh -c ",
    "eval ",
    "sudo ",
    "xargs ",
    "find . -exec ",
    "for i in ",
    "do ",
    "done",
    "if ",
    "then ",
    "fi",
  ],
  ...[
    "case x in ",
    ";;",
    "esac",
    "f() ",
    "$((",
    "))",
    "[[",
    "]]",
    "\\",
    "$'",
    "=",
    "a=",
    "((",
    "<(",
    ">(",
    "{a,b}",
    "#",
    "!",
  ],
  ...[
    "curl x",
    "<<<",
    "$IFS",
    "~",
    "[",
    "]",
    "?",
    "\t",
    "\u0000",
    "\u0001",
    "é",
    "\ud800",
    "trap ",
    "env -S ",
    "coproc ",
  ],
];

test("no text throws, and none takes long", () => {
  const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: "binary", maxLength: 200 })), (command) => {
      for (const arm of ["default", "only"]) policy.judge({ command, env: { X: command } }, { arm, role: "admin" });
    }),
    { numRuns: 2000, interruptAfterTimeLimit: 20_000 },
  );
});

test("texts that are made to take long are cut short", () => {
  const bombs = [
    ...["$(", "(", "{ ", "`", "a|", "a;", "<<A ", "if ", '"$(', "f(){ ", "{a,b}", "case x in ", "eval ", "sh -c "].map(
      (piece) => piece.repeat((128 * 1024) / piece.length),
    ),
    `A='${"x".repeat(4000)}'; echo ${"$A".repeat(50_000)}`,
    `A='sh -c "$A$A"'; ${'sh -c "$A$A";'.repeat(2000)}`,
    `A='eval $A; eval $A'; eval $A`,
    `f() { ${"f | f & ".repeat(5000)} }`,
    `rm -rf ${"{a,b}".repeat(2000)}`,
    `rm -rf ${"/..".repeat(40_000)}`,
    "x".repeat(1024 * 1024),
    `echo ${"a".repeat(60_000)}{${"b,".repeat(200)}c}{${"b,".repeat(200)}c}`,
  ];
  for (const command of bombs) {
    const begun = processorMs();
    policy.judge({ command }, { arm: "only", role: "admin" });
    policy.judge({ command }, { arm: "default", role: "admin" });
    const took = processorMs() - begun;
    // What is meant is seconds against minutes.
    assert.ok(took < 5000, `${command.slice(0, 20)}… took ${Math.round(took)} ms`);
  }
});

test("what is too much to be read is refused, for it may hold anything", () => {
  const [finding] = policy.judge(
    { command: `echo ${"x".repeat(200_000)}; rm -rf /` },
    { arm: "default", role: "admin" },
  );
  assert.equal(finding?.rule, "unreadable");
});

test("every program of a command is found", () => {
  assert.deepEqual(names("a && b || c; d & e | f"), ["a", "b", "c", "d", "f", "e"]);
  assert.deepEqual(names("if a; then b; elif c; then d; else e; fi"), ["a", "b", "c", "d", "e"]);
  assert.deepEqual(names("for x in $(a); do b; done"), ["a", "b"]);
  assert.deepEqual(names("while a; do b; done < <(c)"), ["", "a", "b", "c"]);
  assert.deepEqual(names("case $(a) in b) c;; *) d;; esac"), ["a", "c", "d"]);
  assert.deepEqual(names('x="$(a "$(b)")" c "`d`"'), ["c", "a", "b", "d"]);
  assert.deepEqual(names("sudo -u x env A=1 nice -n 5 timeout -k 1 2 sh -c 'a; b'"), [
    "sudo",
    "env",
    "nice",
    "timeout",
    "sh",
    "a",
    "b",
  ]);
  assert.deepEqual(names("find . -name x -exec a {} + -exec b ';'"), ["find", "a", "b"]);
  assert.deepEqual(names("cat <<EOF\n$(a)\nEOF\nb"), ["cat", "a", "b"]);
  assert.deepEqual(names("[[ -f $(a) ]] && (( $(b) > 1 ))"), ["a", "b"]);
});
