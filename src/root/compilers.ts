/**
 * What turns texts into runs for the server. The compiler of workflow files brings a YAML parser of several megabytes: it is
 * loaded with the first workflow, and so is that of pipelines, which few servers ever see.
 */
import { compileApart, isLarge } from "./compile-apart.ts";
import type { Engine } from "../engine/engine.ts";
import type { ServerOptions } from "../server/options.ts";

type Compilers = Required<Pick<ServerOptions, "compile" | "plan" | "compilePipeline">>;

export function compilersFor(engine: Pick<Engine, "arms">): Compilers {
  return {
    compile: async (text, how) => {
      if (isLarge(text, how.files)) return compileApart(text, how);
      return (await import("../workflow/mod.ts")).compileWorkflow(text, how);
    },
    plan: async (run) => (await import("../workflow/mod.ts")).planView(run),
    compilePipeline: async (pipeline) =>
      (await import("../workflow/pipeline-compile.ts")).compilePipeline(pipeline, {
        now: Date.now(),
        arms: engine.arms().map(({ name }) => name),
      }),
  };
}
