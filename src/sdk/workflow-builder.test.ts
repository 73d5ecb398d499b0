/** Workflows built in TypeScript: what the type checker allows, and the document that comes out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, cel, each, http, matrix, shell, subworkflow, task, workflow, approval } from "../mod.ts";
import type { Expression } from "./workflow-refs.ts";

/** Compiles only when the expression stands for exactly that. */
function typed<T>(_value: Expression<T>): void {}

const load = task("load", { retries: 2, arm: "night" }, ({ input }: { input: { rows: number; from: string } }) => ({
  loaded: input.rows,
  table: input.from,
  days: [{ day: "2026-11-21", rows: input.rows }],
}));

test("a workflow is a chain of tasks, and what comes out is a plain document", () => {
  const etl = workflow("etl", { params: { city: "Seattle", limit: 10 }, timeout: "1m" })
    .task("extract", (_, { params }) => http(`GET https://example.org/${params.city}.csv`))
    .task("transform", shell("wc -l", { outputs: { count: "integer", tag: { from: "stdout" } } }), {
      needs: "extract",
      env: { BODY: ({ extract }) => extract.result.body, MODE: "fast" },
      when: ({ extract }, { params }) => cel`${extract.result.status} == 200 && ${params.city} != ${"x }} y"}`,
    })
    .task("load", ({ transform }) => call(load, { rows: transform.outputs.count, from: transform.outputs.tag }), {
      needs: ["transform"],
      compensate: ({ load }) => shell("./undo.sh").with({ env: { ROWS: load.result.loaded } }),
    })
    .on("failure", "tell", (tasks, { run }) => http(`POST https://example.org/${run.id} ${tasks.load.state}`))
    .outputs({ rows: ({ load }) => load.outputs.loaded, first: ({ load }) => load.result.days[0]!.day, fixed: 3 });

  assert.deepEqual(etl.toDocument(), {
    name: "etl",
    params: { city: "Seattle", limit: 10 },
    timeout: "1m",
    tasks: {
      extract: { http: "GET https://example.org/${{ params.city }}.csv" },
      transform: {
        shell: "wc -l",
        outputs: { count: "integer", tag: { from: "stdout" } },
        needs: "extract",
        when: 'tasks.extract.result.status == 200 && params.city != "x }} y"',
        env: { BODY: "${{ tasks.extract.result.body }}", MODE: "fast" },
      },
      load: {
        retries: 2,
        arm: "night",
        call: "load",
        input: { rows: "${{ tasks.transform.outputs.count }}", from: "${{ tasks.transform.outputs.tag }}" },
        needs: ["transform"],
        compensate: { shell: "./undo.sh", env: { ROWS: "${{ tasks.load.result.loaded }}" } },
      },
    },
    on: { failure: { tell: { http: "POST https://example.org/${{ run.id }} ${{ tasks.load.state }}" } } },
    outputs: {
      rows: "${{ tasks.load.outputs.loaded }}",
      first: "${{ tasks.load.result.days[0].day }}",
      fixed: 3,
    },
  });
});

test("wrong names, wrong paths and values of a wrong type are type errors", () => {
  const flow = workflow("typed", { params: { limit: 10, mode: { enum: ["full", "delta"] } } })
    .task("a", shell("true", { outputs: { count: "integer", names: "array" } }))
    .task("b", call(load, { rows: 1, from: "x" }), { needs: "a" })
    .task("lonely", shell("true"));

  // @ts-expect-error -- no task is named extrct
  flow.task("c1", shell("true"), { needs: "extrct" });
  // @ts-expect-error -- one of them is wrong
  flow.task("c2", shell("true"), { needs: ["a", "extrct"] });
  // @ts-expect-error -- a has no output named total
  flow.task("c3", shell("true"), { needs: "a", env: { N: ({ a }) => a.outputs.total } });
  // @ts-expect-error -- b stands above, and so does what it needs; lonely does not
  flow.task("c4", shell("true"), { needs: "b", env: { N: ({ lonely }) => lonely.state } });
  flow.task("c5", shell("true"), {
    needs: "b",
    env: { N: ({ a, b }) => cel`${a.outputs.count} + ${b.outputs.loaded}` },
  });
  // @ts-expect-error -- without needs there is nothing to name
  flow.task("c6", shell("true"), { env: { N: ({ a }) => a.state } });
  // @ts-expect-error -- the load takes a number of rows, and this is a list
  flow.task("c7", ({ a }) => call(load, { rows: a.outputs.names, from: "x" }), { needs: "a" });
  // @ts-expect-error -- the input has a key that nobody knows
  flow.task("c8", call(load, { rows: 1, from: "x", colour: "red" }));
  // @ts-expect-error -- the name is taken
  assert.throws(() => flow.task("a", shell("true")), { code: "conflict", message: /two tasks named a/ });
  // @ts-expect-error -- there is no such param
  flow.task("c9", (_, { params }) => shell("true").with({ env: { N: params.limt } }));
  // @ts-expect-error -- no such option
  flow.task("c10", shell("true"), { need: "a" });
  // @ts-expect-error -- files only of tasks that stand above
  flow.task("c11", shell("true"), { needs: "a", artifacts: "lonely" });
  // @ts-expect-error -- the result of a typed task has no such field
  flow.outputs({ rows: ({ b }) => b.result.lines });
  // @ts-expect-error -- triggers are five words
  flow.task("c12", shell("true"), { trigger: "sometimes" });

  flow.task(
    "c13",
    (tasks, { params }) => {
      typed<number>(tasks.b.result.loaded);
      typed<number>(params.limit);
      typed<"full" | "delta">(params.mode);
      // @ts-expect-error -- it is a number
      typed<string>(tasks.b.result.loaded);
      return shell("true");
    },
    { needs: "b" },
  );
});

test("lists, matrices and workflows inside a workflow carry their types", () => {
  const square = task("square", ({ input }: { input: number }) => ({ square: input * input }));
  const inner = workflow("inner", { params: { path: { type: "string" }, level: 3 } })
    .task("pack", shell("tar cf - .", { outputs: { bytes: "integer" } }))
    .outputs({ bytes: ({ pack }) => pack.outputs.bytes });
  const flow = workflow("outer")
    .task("list", call("list").outputs({ files: ({ result }) => cel<string[]>`${result}.files` }))
    .task(
      "each",
      ({ list }) =>
        each(
          list.outputs.files,
          ({ item, index }) => {
            typed<string>(item);
            return call("pack", { item, index });
          },
          { maxParallel: 4, failFast: true },
        ),
      { needs: "list" },
    )
    .task(
      "squares",
      each([1, 2, 3], ({ item }) => call(square, item)),
    )
    .task(
      "sum",
      ({ squares }) => {
        typed<({ square: number } | null)[]>(squares.result);
        typed<number>(squares.members[0]!.outputs.square);
        return call("sum", squares.result);
      },
      { needs: "squares" },
    )
    .task(
      "test",
      matrix({ os: ["debian", "alpine"], node: [24, 26] }, ({ matrix: axis }) => {
        typed<24 | 26>(axis.node);
        return shell("make test").with({ tags: [axis.os] });
      }),
    )
    .task("inner", subworkflow(inner, { path: "/tmp" }))
    .task("done", ({ inner }) => call("done", { bytes: inner.outputs.bytes }), { needs: "inner" })
    .task("agree", approval("deploy?", { timeout: "1h" }), { needs: "done", repeat: { limit: 2 } });

  // @ts-expect-error -- a param without a default must be given
  subworkflow(inner);
  // @ts-expect-error -- level is a number
  subworkflow(inner, { path: "/tmp", level: "high" });

  assert.deepEqual(flow.toDocument()["tasks"], {
    list: { call: "list", outputs: { files: "${{ result.files }}" } },
    each: {
      call: "pack",
      input: { item: "${{ item }}", index: "${{ index }}" },
      each: "${{ tasks.list.outputs.files }}",
      maxParallel: 4,
      failFast: true,
      needs: "list",
    },
    squares: { call: "square", input: "${{ item }}", each: [1, 2, 3] },
    sum: { call: "sum", input: "${{ tasks.squares.result }}", needs: "squares" },
    test: { shell: "make test", tags: ["${{ matrix.os }}"], matrix: { os: ["debian", "alpine"], node: [24, 26] } },
    inner: { workflow: inner.toDocument(), params: { path: "/tmp" } },
    done: { call: "done", input: { bytes: "${{ tasks.inner.outputs.bytes }}" }, needs: "inner" },
    agree: { approval: { message: "deploy?", timeout: "1h" }, needs: "done", repeat: { limit: 2 } },
  });
});
