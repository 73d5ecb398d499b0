// The parts of the converters that read texts of other systems: expressions, conditions, variables of make, params of Dagu.
import assert from "node:assert/strict";
import { test } from "node:test";
import { conditionOf } from "./actions-condition.ts";
import { Foreign, toCel } from "./actions-expression.ts";
import { matrixOf } from "./actions-matrix.ts";
import { celPath, type JobNames } from "./actions-names.ts";
import { paramsOf } from "./dagu-params.ts";
import { literal, seconds } from "./draft.ts";
import { convertMake } from "./make.ts";
import { readMakefile } from "./make-read.ts";
import { expand } from "./make-variables.ts";

const NAMES: JobNames = {
  tasks: new Map([
    ["build", "build"],
    ["my-job", "my-job"],
  ]),
  env: { LEVEL: "3" },
  jobEnv: { MODE: "fast" },
  secrets: new Set(),
  params: new Set(["dry_run", "x"]),
  partialAxes: new Set(["extra"]),
};

function cel(text: string): string {
  const status = (name: string): never => {
    throw new Foreign(name);
  };
  return toCel(text, { value: (path) => celPath(path, NAMES), status });
}

test("expressions of GitHub Actions in CEL", () => {
  const rows: [string, string][] = [
    ["matrix.os == 'it''s'", `matrix.os == "it's"`],
    ["inputs.dry-run", "params.dry_run"],
    ["github.event.inputs.x != 'a'", 'params.x != "a"'],
    ["needs.build.result == 'success'", 'tasks.build.state == "succeeded"'],
    ["needs.my-job.outputs.a-b", 'tasks["my-job"].outputs.a_b'],
    ["!matrix.a && !(matrix.b || matrix.c)", "!matrix.a && !(matrix.b || matrix.c)"],
    ["!!matrix.a", "matrix.a"],
    ["matrix.n >= 0x10", "matrix.n >= 16"],
    ["matrix['node-version']", "matrix.node_version"],
    ["contains(fromJSON('[1]'), 1)", '1 in fromJson("[1]")'],
    ["contains('abc', matrix.x)", 'string("abc").contains(matrix.x)'],
    ["format('{0}-{{{1}}}', matrix.a, 'b')", 'string(matrix.a) + "-" + "{" + string("b") + "}"'],
    ["matrix.os == 'x' && 'yes' || 'no'", '(matrix.os == "x" ? "yes" : "no")'],
    ["matrix.extra", 'default(matrix.extra, "")'],
    ["env.LEVEL", "env.LEVEL"],
    ["env.MODE", '"fast"'],
    ["github.workflow", "workflow.name"],
    ["toJSON(matrix.a)", "toJson(matrix.a)"],
    ["null == true", "null == true"],
  ];
  for (const [text, expected] of rows) assert.equal(cel(text), expected, text);
  const foreign = [
    "github.sha",
    "secrets.X",
    "steps.a.outputs.b",
    "a.*.b",
    "matrix[matrix.x]",
    "needs.gone.result",
    "env.OTHER",
  ];
  const broken = [
    "",
    "(",
    "a b",
    "1 +",
    "'open",
    "hashFiles('x')",
    "always()",
    "success() || x",
    `${"(".repeat(60)}1${")".repeat(60)}`,
  ];
  for (const text of [...foreign, ...broken]) assert.throws(() => cel(text), Foreign, text);
});

test("conditions: what they ask of what ran before, apart from the rest", () => {
  const rows: [string, ReturnType<typeof conditionOf>][] = [
    ["always()", { status: "always", rest: [] }],
    ["${{ failure() }}", { status: "failure", rest: [] }],
    ["!cancelled()", { status: "always", rest: [] }],
    ["success() || failure()", { status: "always", rest: [] }],
    ["always() && needs.a.result == 'b && c'", { status: "always", rest: ["needs.a.result == 'b && c'"] }],
    ["matrix.a || matrix.b && matrix.c", { status: "success", rest: ["matrix.a || matrix.b && matrix.c"] }],
    ["!failure() && (x && y)", { status: "success", rest: ["(x && y)"] }],
  ];
  for (const [text, expected] of rows) assert.deepEqual(conditionOf(text), expected, text);
  assert.throws(() => conditionOf("cancelled()"), Foreign);
  assert.throws(() => conditionOf("a ${{ b }}"), Foreign);
});

test("a matrix: include fills in, or adds", () => {
  const same = (text: string): string => text;
  assert.deepEqual(matrixOf({ os: ["a", "b"], include: [{ os: "c", x: 1 }] }, same), {
    os: ["a", "b"],
    include: [{ os: "c", x: 1 }],
  });
  assert.deepEqual(matrixOf({ os: ["a", "b"], include: [{ x: 1 }, { os: "b", y: 2 }] }, same), {
    include: [
      { os: "a", x: 1 },
      { os: "b", x: 1, y: 2 },
    ],
  });
  assert.deepEqual(matrixOf({ include: [{ os: "a" }, { os: "b" }] }, same), { include: [{ os: "a" }, { os: "b" }] });
  assert.deepEqual(matrixOf({ "node-version": [1], exclude: [{ "node-version": 1 }] }, same), {
    node_version: [1],
    exclude: [{ node_version: 1 }],
  });
  assert.match(matrixOf({ include: "x" }, same) as string, /must be lists/);
});

test("variables of make, as far as they can be known", () => {
  const variables = new Map<string, string | undefined>([
    ["SRC", "a.c lib/b.c"],
    ["OBJ", "$(SRC:.c=.o)"],
    ["LOOP", "$(LOOP)"],
    ["LAZY", "$(shell ls)"],
    ["X", undefined],
  ]);
  const rows: [string, string | undefined][] = [
    ["$(OBJ)", "a.o lib/b.o"],
    ["${SRC:%.c=build/%.d} $$x", "build/a.d build/lib/b.d $x"],
    ["$(patsubst lib/%,%,$(SRC))", "a.c b.c"],
    ["$(addprefix o/,$(notdir $(basename $(SRC))))", "o/a o/b"],
    ["$(filter lib/%,$(SRC)) $(filter-out lib/%,$(SRC))", "lib/b.c a.c"],
    ["$(sort b a b) $(firstword $(SRC)) $(subst a,x,banana)", "a b a.c bxnxnx"],
    ["$(LOOP)", undefined],
    ["$(LAZY)", undefined],
    ["$(wildcard *.c)", undefined],
    ["$(X)", undefined],
    ["$(GONE)", undefined],
    ["$(constructor x)", undefined],
    ["$(open", undefined],
    ["$", undefined],
  ];
  for (const [text, expected] of rows) assert.equal(expand(text, variables), expected, text);
});

test("Makefiles: targets, recipes, phony ones, pattern rules", () => {
  const file = readMakefile(
    [
      "A := one",
      "A += two",
      ".PHONY: all \\",
      "  clean",
      "all: $(A) | dir # comment",
      "one two: ; touch $@",
      "dir:",
      "\tmkdir dir",
      "# a comment",
      "\t@echo still dir",
      "%.o: %.c",
      "\tcc $<",
      "all: three",
      "define RECIPE",
      "x: y",
      "endef",
      ".DEFAULT: ; true",
      "clean:",
      ".NOTPARALLEL:",
    ].join("\r\n"),
  );
  assert.deepEqual([...file.rules.keys()], ["all", "one", "two", "dir", "clean"]);
  assert.deepEqual([...file.phony], ["all", "clean"]);
  const { needs, orderOnly } = file.rules.get("all")!;
  assert.deepEqual([needs, orderOnly, file.firstGoal], [["one", "two", "three"], ["dir"], "all"]);
  assert.deepEqual([file.rules.get("one")!.hasRecipe, file.rules.get("clean")!.hasRecipe], [true, false]);
  assert.deepEqual([file.patterns, file.isSequential, file.losses], [[{ target: "%.o", needs: ["%.c"] }], true, []]);
});

test("params of Dagu in all their forms", () => {
  assert.deepEqual(paramsOf("A=1 B=\"two words\" first C='x' D=`date`"), {
    named: { A: "1", B: "two words", C: "x", D: "`date`" },
    positional: ["first"],
  });
  assert.deepEqual(paramsOf([{ A: 1 }, "B=2", { name: "C", type: "integer", default: 3 }]), {
    named: { A: "1", B: "2", C: { type: "integer", default: 3 } },
    positional: [],
  });
  assert.deepEqual(paramsOf(undefined), { named: {}, positional: [] });
});

test("texts and times", () => {
  assert.equal(literal("a ${{ b }} $${{ c"), "a $${{ b }} $$${{ c");
  assert.deepEqual([90, 120, 7200, 0.5, 0].map(seconds), ["90s", "2m", "2h", "500ms", "0s"]);
});

test("targets of make that are probably no files are told of", () => {
  const said = (text: string): string => convertMake(text, { source: "Makefile" }).notes.join("\n");
  const rest = "report: fetch\n\twc data\nfetch:\n\tcurl -o data example.org\n";
  assert.match(said(`all: report\n${rest}`), /^report, fetch: no recipe names .* \.PHONY: report fetch$/);
  assert.match(said(rest), /^fetch: no recipe/, "nobody needs the goal itself");
  assert.equal(said(`.PHONY: fetch\n${rest.replace("\twc data", "\twc data > $@")}`).includes("no recipe"), false);
});
