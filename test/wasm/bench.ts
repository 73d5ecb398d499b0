/** Runs modules as a worker would, without a server: tests and measurements. */
import { type Logged, attempt } from "../conformance/executor.ts";
import type { AttemptReport } from "../../src/protocol/link.ts";
import type { PluginCopy } from "../../src/protocol/plugin.ts";
import type { Work } from "../../src/protocol/task.ts";
import { WasmWork } from "../../src/protocol/work/wasm.ts";
import type { AttemptContext, Executor } from "../../src/worker/executor.ts";
import { createWasmExecutor, type WasmExecutorOptions } from "../../src/worker/wasm/run.ts";
import { TestModules } from "./modules.ts";

/** An executor, and modules under the names by which tasks ask for them: the part of the server. */
export class Bench {
  readonly modules = new TestModules();
  readonly executor: Executor;
  readonly #copies = new Map<string, PluginCopy>();

  constructor(options: Partial<WasmExecutorOptions> = {}) {
    const inner = createWasmExecutor({ copies: this.modules, ...options });
    const withPlugin = (context: AttemptContext): AttemptContext => {
      const { work } = context.assignment;
      const plugin = work.kind === "wasm" ? this.#copies.get(work.wasm.module) : undefined;
      const assignment = { ...context.assignment, ...(plugin !== undefined && { plugin }) };
      return Object.assign(Object.create(context) as AttemptContext, { assignment });
    };
    this.executor = { ...inner, execute: async (context) => inner.execute(withPlugin(context)) };
  }

  work(bytes: Uint8Array, more: object = {}): Work {
    const name = `m${this.#copies.size}`;
    this.#copies.set(name, this.modules.add(bytes, name));
    return { kind: "wasm", wasm: WasmWork.parse({ module: name, ...more }) };
  }

  async run(bytes: Uint8Array, more: object = {}, parts: Partial<AttemptContext> = {}): Promise<End> {
    const { report, log } = attempt(this.executor, this.work(bytes, more), {}, parts);
    return { report: await report, out: textOf(log, "stdout"), log: textOf(log, "log") };
  }

  async close(): Promise<void> {
    await this.executor.close!();
    this.modules.close();
  }
}

export interface End {
  report: AttemptReport;
  out: string;
  log: string;
}

function textOf(log: Logged[], stream: string): string {
  const parts = log.filter((line) => line.stream === stream);
  return parts.map(({ text }) => text).join("");
}
