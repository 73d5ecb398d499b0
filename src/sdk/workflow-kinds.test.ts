/** Plugins, containers, modules and executors of one's own in built workflows: the document, and what the types allow. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { docker, plugin, shell, uses, wasm, workflow } from "../mod.ts";
import type { Expression } from "./workflow-refs.ts";
import { compileWorkflow } from "../workflow/mod.ts";

/** Compiles only when the expression stands for exactly that. */
function typed<T>(_value: Expression<T>): void {}

test("each kind is a step, with references where values stand", () => {
  const built = workflow("kinds", { params: { day: "today" } })
    .task("report", (_, { params }) =>
      plugin<{ rows: number }>("report@3", { args: [params.day], kwargs: { a: null } }),
    )
    .task(
      "convert",
      ({ report }) => {
        typed<number>(report.result.rows);
        typed<number>(report.outputs.rows);
        return docker("alpine:3", {
          command: 'echo "$ROWS"',
          env: { ROWS: report.outputs.rows },
          memory: "64MiB",
          outputs: { page: "string" },
        });
      },
      { needs: "report" },
    )
    .task(
      "resize",
      ({ convert }) => {
        typed<string>(convert.outputs.page);
        return wasm("resize", { args: ["--in", convert.outputs.page], stdin: convert.outputs.page });
      },
      { needs: "convert" },
    )
    .task("deploy", ({ report }) => uses("ssh", { host: "box", rows: report.outputs.rows }), { needs: "report" })
    .task("last", shell("true"), { needs: ["deploy", "resize"] })
    .on("failure", "tell", plugin("alert"));
  assert.deepEqual(built.toDocument()["tasks"], {
    report: { plugin: { name: "report@3", args: ["${{ params.day }}"], kwargs: { a: null } } },
    convert: {
      docker: {
        image: "alpine:3",
        command: 'echo "$ROWS"',
        env: { ROWS: "${{ tasks.report.outputs.rows }}" },
        memory: "64MiB",
      },
      outputs: { page: "string" },
      needs: "report",
    },
    resize: {
      wasm: {
        module: "resize",
        args: ["--in", "${{ tasks.convert.outputs.page }}"],
        stdin: "${{ tasks.convert.outputs.page }}",
      },
      needs: "convert",
    },
    deploy: { uses: "ssh", with: { host: "box", rows: "${{ tasks.report.outputs.rows }}" }, needs: "report" },
    last: { shell: "true", needs: ["deploy", "resize"] },
  });
  const run = compileWorkflow(built.toYaml());
  assert.deepEqual(
    run.tasks.map(({ kind }) => kind),
    ["plugin", "docker", "wasm", "custom", "shell", "plugin"],
  );
});
