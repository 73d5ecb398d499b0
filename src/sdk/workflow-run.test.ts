/** Workflows built in TypeScript as they run: embedded and on a server, from one task to a hundred thousand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import {
  approval,
  call,
  cel,
  each,
  matrix,
  Octopus,
  type OctopusError,
  shell,
  subworkflow,
  task,
  workflow,
} from "../mod.ts";
import { compileWorkflow } from "../workflow/mod.ts";
import { startWorkerProcess } from "../worker/process.ts";
import { startTestServer } from "./testing.ts";

const square = task("square", ({ input }: { input: number }) => ({ square: input * input }));
const sum = task("sum", ({ input }: { input: { numbers: (number | null)[] } }) =>
  input.numbers.reduce<number>((all, one) => all + (one ?? 0), 0),
);

const inner = workflow("inner", { params: { name: { type: "string" }, times: 2 } })
  .task(
    "say",
    shell('for n in $(seq "$OCTOPUS_PARAM_times"); do printf %s "$OCTOPUS_PARAM_name"; done', {
      outputs: { said: { from: "stdout" } },
    }),
  )
  .outputs({ said: ({ say }) => say.outputs.said });

const flow = workflow("everything", { params: { count: 3, stop: false } })
  .task(
    "list",
    shell('echo "numbers=[1,2,$OCTOPUS_PARAM_count]" >> "$OCTOPUS_OUTPUT"', { outputs: { numbers: "array" } }),
  )
  .task(
    "squares",
    ({ list }) =>
      each(list.outputs.numbers, ({ item }) => call(square, item), {
        maxParallel: 2,
      }),
    {
      needs: "list",
    },
  )
  .task("sum", ({ squares }) => call(sum, { numbers: cel<number[]>`${squares.result}.map(one, one.square)` }), {
    needs: "squares",
    compensate: ({ sum }) => shell('echo "undone=$N"').with({ env: { N: sum.result } }),
  })
  .task(
    "grid",
    matrix({ a: [1, 2], b: ["x", "y"] }, ({ matrix: { a, b } }) =>
      shell('echo "both=$A$B" >> "$OCTOPUS_OUTPUT"', { outputs: { both: "string" } }).with({ env: { A: a, B: b } }),
    ),
  )
  .task("inner", ({ sum }) => subworkflow(inner, { name: cel<string>`"n" + string(${sum.result})` }), { needs: "sum" })
  .task("never", shell("exit 1"), { needs: "sum", when: (_, { params }) => cel`${params.stop}` })
  .outputs({
    sum: ({ sum }) => sum.result,
    said: ({ inner }) => inner.outputs.said,
    grid: ({ grid }) => cel<string[]>`${grid.outputs}.map(one, one.both)`,
    never: ({ never }) => never.state,
    fixed: "text",
  });

async function startShells(url: string): Promise<AsyncDisposable> {
  const quiet = (): void => undefined;
  const worker = await startWorkerProcess(
    {
      ...{ url, name: "shells", slots: 4, functions: [], resources: {}, version: "0.0.0-test" },
      ...{ graceMs: 1000, killGraceMs: 1000, log: { level: "silent", format: "json", file: null } },
    },
    { info: quiet, warn: quiet, error: quiet },
  );
  return { [Symbol.asyncDispose]: () => worker.stop() };
}

for (const where of ["embedded", "on a server"]) {
  test(`a built workflow runs ${where}, and what it leaves is typed`, async () => {
    await using server = await startTestServer();
    await using octopus =
      where === "embedded"
        ? await Octopus.open({ dataDir: ":memory:", tasks: [square, sum] })
        : Octopus.connect(server.url, { tasks: [square, sum] });
    // Commands need a worker that starts them: the one in a connected program runs its functions only.
    await using _shells = where === "embedded" ? undefined : await startShells(server.url);
    const handle = await octopus.run(flow, { params: { count: 4 }, executor: "local" });
    const { state, outputs, run } = await handle.result(30_000);
    const total: number = outputs.sum;
    const said: string = outputs.said;
    const grid: string[] = outputs.grid;
    assert.deepEqual([state, total, said, grid], ["succeeded", 21, "n21n21", ["1x", "1y", "2x", "2y"]]);
    assert.deepEqual([outputs.never, outputs.fixed], ["skipped", "text"]);
    assert.equal(run.workflow, "everything");
  });
}

test("a run that failed throws with the task and its error; what had succeeded is undone", async () => {
  await using octopus = await Octopus.open({ dataDir: ":memory:", tasks: [square, sum] });
  const handle = await octopus.run(flow, { params: { stop: true } });
  await assert.rejects(handle.result(30_000), (error: OctopusError) => {
    assert.equal(error.code, "failed");
    assert.match(error.message, /^run r1 is failed: .*never/);
    return true;
  });
  const run = await handle.wait();
  assert.equal(run.tasks.find(({ role }) => role === "compensate")!.state, "succeeded");
});

test("params of a built workflow are those that it declares", async () => {
  const needy = workflow("needy", { params: { day: { type: "string" }, mode: { enum: ["full", "delta"] } } }).task(
    "a",
    shell("true"),
  );
  await using octopus = await Octopus.open({ dataDir: ":memory:" });
  // @ts-expect-error -- both must be given
  await assert.rejects(octopus.run(needy), /params.day is missing/);
  // @ts-expect-error -- fast is none of the modes
  await assert.rejects(octopus.run(needy, { params: { day: "x", mode: "fast" } }), /params.mode/);
  const run = await (await octopus.run(needy, { params: { day: "x", mode: "full" } })).wait(10_000);
  assert.equal(run.state, "succeeded");
});

test("a person agrees to a built workflow", async () => {
  const asks = workflow("asks")
    .task("agree", approval("really?"))
    .task("go", ({ agree }) => shell('echo "who=$WHO" >> "$OCTOPUS_OUTPUT"').with({ env: { WHO: agree.result.by } }), {
      needs: "agree",
    })
    .outputs({ who: ({ go }) => go.outputs["who"]! });
  await using octopus = await Octopus.open({ dataDir: ":memory:" });
  const handle = await octopus.run(asks);
  const [waiting] = octopus.tasks({ run: handle.id, awaiting: "approval" }).items;
  assert.equal(waiting!.approval!.message, "really?");
  await octopus.engine.approveTask(waiting!.id, true, { by: "ann" });
  assert.equal((await handle.result(10_000)).outputs.who, "ann");
});

test("text, YAML and document are the same workflow", () => {
  assert.deepEqual(parse(flow.toYaml()), flow.toDocument());
  assert.deepEqual(JSON.parse(flow.toText()), flow.toDocument());
  const { definition: _json, ...fromText } = compileWorkflow(flow.toText());
  const { definition: _yaml, ...fromYaml } = compileWorkflow(flow.toYaml());
  assert.deepEqual(fromYaml, fromText);
});

test("WB2 adding a task costs the same however many there are", () => {
  const fill = (tasks: number): number => {
    const many = workflow("many");
    const begin = process.cpuUsage();
    for (let n = 0; n < tasks; n++)
      many.add(`t${n}`, { call: "work", input: n }, n === 0 ? {} : { needs: [`t${n >> 1}`] });
    const { user } = process.cpuUsage(begin);
    assert.equal(Object.keys(many.toDocument()["tasks"] as object).length, tasks);
    return user / tasks;
  };
  fill(2000);
  const few = Math.min(...Array.from({ length: 5 }, () => fill(10_000)));
  const many = fill(100_000);
  // Ten times as many for ten times the price, and room for a garbage collection.
  assert.ok(many < few * 4 + 5, `${few.toFixed(2)} and ${many.toFixed(2)} µs a task`);
});
