/**
 * The PowerShell scripts, read by a real parser of that language, since no PowerShell runs here: their syntax, their
 * parameters, and that each function and each flag of the program that they use is there.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, test } from "node:test";
import { Language, Parser, type Node } from "web-tree-sitter";
import { COMMANDS } from "../src/cli/program.ts";
import { leavesOf } from "../src/cli/command.ts";
import { root } from "./source-files.ts";

const folder = join(root, "scripts/windows");
const scripts = readdirSync(folder).filter((file) => file.endsWith(".ps1"));
const parser: { parse(text: string): Node } = { parse: () => assert.fail("not ready") };

before(async () => {
  await Parser.init();
  const wasm = createRequire(import.meta.url).resolve("tree-sitter-powershell/tree-sitter-powershell.wasm");
  const made = new Parser().setLanguage(await Language.load(wasm));
  parser.parse = (text) => made.parse(text)!.rootNode;
});

function read(file: string): { text: string; tree: Node } {
  const text = readFileSync(join(folder, file), "utf8");
  return { text, tree: parser.parse(text) };
}

/** Line and text of what is no PowerShell. */
function errorsOf(tree: Node): string[] {
  return tree.descendantsOfType("ERROR").map((node) => `${node.startPosition.row + 1}: ${node.text.slice(0, 60)}`);
}

test("the parser tells what is PowerShell", () => {
  assert.equal(parser.parse("if ($a) { Write-Host 'x' }\n").hasError, false);
  for (const wrong of ["if ($a { }\n", "function A { try { & b } catch { throw }\n", "param([int]$Port = )\n"])
    assert.equal(parser.parse(wrong).hasError, true, wrong);
});

for (const file of scripts) {
  test(`${file} is PowerShell, in signs that every version reads`, () => {
    const { text, tree } = read(file);
    assert.deepEqual(errorsOf(tree), []);
    assert.equal(tree.hasError, false);
    // Windows PowerShell 5 reads a file without a mark as its own code page, and has no `&&`, `??` or `? :`.
    assert.doesNotMatch(text, /[^\n\r\t -~]/);
    assert.doesNotMatch(text.replaceAll(/'[^'\n]*'|"[^"\n]*"|#.*/g, ""), /&&|\|\||\?\?/);
  });
}

test("the parameters are those that people know", () => {
  const wanted = {
    "setup-server.ps1": ["Port", "HostAddress", "DataDir", "InstallDir", "Install", "OpenFirewall", "SkipSetup"],
    "setup-worker.ps1": ["ServerUrl", "Join", "WorkerName", "Slots", "Labels", "InstallDir", "Install", "SkipSetup"],
  };
  for (const [file, names] of Object.entries(wanted)) {
    const { text, tree } = read(file);
    const there = tree.descendantsOfType("script_parameter").map((node) => /\$(\w+)/.exec(node.text)![1]);
    assert.deepEqual(there, names, file);
    for (const name of names.filter((one) => one !== "InstallDir"))
      assert.match(text, new RegExp(`^\\.PARAMETER ${name}$`, "m"), `${file} says nothing of -${name}`);
  }
});

test("every function that is called is defined, and every flag is one that the program has", () => {
  const all = scripts.map(read);
  const defined = new Set(all.flatMap(({ tree }) => tree.descendantsOfType("function_name").map(({ text }) => text)));
  const own = /^(?:Write-(?:Step|Good|Note)|Stop-Setup|Get-(?:BundledProgram|NodeMajor)|Install-\w+|Test-Port)$/;
  const called = all.flatMap(({ tree }) => tree.descendantsOfType("command_name").map(({ text }) => text));
  for (const name of called.filter((one) => own.test(one))) assert.ok(defined.has(name), name);
  const flags: Record<string, Set<string>> = {};
  for (const { path, spec } of leavesOf(COMMANDS)) {
    flags[path.join(" ")] = new Set(
      spec.options.flatMap(({ flags: words }) => [...words.matchAll(/--[a-z-]+/g)].map(String)),
    );
  }
  for (const [file, command] of [
    ["setup-server.ps1", "server"],
    ["setup-worker.ps1", "worker"],
  ] as const) {
    const used = [...read(file).text.matchAll(/'(--[a-z-]+)'/g)].map(([, flag]) => flag!);
    for (const flag of used) assert.ok(flags[command]!.has(flag), `octopus ${command} has no ${flag}`);
  }
});
