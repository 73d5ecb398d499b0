/** Plugins in each language keep the promises of an executor, and those to the tasks that are made of them. */
import { codeConformance, type More } from "../../../test/conformance/executor-code.ts";
import { executorConformance } from "../../../test/conformance/executor.ts";
import type { Step } from "../../../test/conformance/steps.ts";
import type { Json } from "../../base/words.ts";
import type { PluginCopy } from "../../protocol/plugin.ts";
import type { Work } from "../../protocol/task.ts";
import type { Executor } from "../executor.ts";
import { copyOf, testWorker } from "../runners/testing.ts";

const PYTHON = copyOf({
  "steps.py": `
import json, os, signal, subprocess, sys, time
import octopus

def main(steps):
    for step in steps:
        result = do(step)
        if result is not None:
            return result

def do(step):
    if "print" in step:
        for _ in range(step.get("times", 1)):
            print(step["print"], file=sys.stderr if step.get("to") else sys.stdout)
    elif "bytes" in step:
        sys.stdout.write("x" * step["bytes"])
    elif "sleep" in step:
        nap(step["sleep"])
    elif "spin" in step:
        while True:
            pass
    elif "exit" in step:
        sys.exit(step["exit"])
    elif "variable" in step:
        print(os.environ.get(step["variable"], ""))
    elif "child" in step:
        subprocess.Popen(["sleep", str(step["child"])])
        print("started", flush=True)
    elif "deaf" in step:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    elif "crash" in step:
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    elif "artifact" in step:
        octopus.artifact(step["artifact"], step["text"])
    elif "output" in step:
        return {step["output"]: float(step["value"])}
    elif "input" in step:
        sys.stdout.write(open(os.path.join(octopus.inputs, step["input"])).read())
    elif "progress" in step:
        octopus.progress(step["progress"], step["message"])

def nap(ms):
    time.sleep(ms / 1000)
`,
});

const TYPESCRIPT = copyOf({
  "steps.ts": `
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export async function main(steps: any[], context: any) {
  for (const step of steps) {
    const result = await run(step, context);
    if (result !== undefined) return result;
  }
}

async function run(step: any, context: any): Promise<unknown> {
  if ("print" in step) {
    const stream = step.to === "stderr" ? process.stderr : process.stdout;
    for (let i = 0; i < (step.times ?? 1); i++) stream.write(step.print + "\\n");
  } else if ("bytes" in step) process.stdout.write("x".repeat(step.bytes));
  else if ("sleep" in step)
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, step.sleep);
      if (deaf) return;
      context.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(new Error("stopped"));
      });
    });
  else if ("spin" in step) for (;;);
  else if ("exit" in step) process.exit(step.exit);
  else if ("variable" in step) console.log(process.env[step.variable] ?? "");
  else if ("child" in step) {
    spawn("sleep", [String(step.child)]);
    console.log("started");
  } else if ("deaf" in step) deaf = true;
  else if ("crash" in step) process.kill(process.pid, "SIGKILL");
  else if ("artifact" in step) await context.artifact(step.artifact, step.text);
  else if ("output" in step) return { [step.output]: Number(step.value) };
  else if ("input" in step) process.stdout.write(readFileSync(join(context.inputs, step.input)));
  else if ("progress" in step) context.progress(step.progress, step.message);
  return undefined;
}

let deaf = false;
`,
});

/** The executor, with the version of the plugin in each assignment that has none. */
function always(executor: Executor, plugin: PluginCopy): Executor {
  return {
    ...executor,
    execute: (context) => {
      Object.assign(context.assignment, { plugin });
      return executor.execute(context);
    },
  };
}

function call(name: string, steps: readonly Step[], asked: More = {}): Work | { why: string } {
  const { stdin, outputs: _, ...more } = asked;
  if (stdin !== undefined) return { why: "a plugin has its arguments, and no standard input" };
  return { kind: "plugin", plugin: { name, action: "main", args: [steps as unknown as Json], ...more } };
}

for (const [language, copy] of Object.entries({ Python: PYTHON, TypeScript: TYPESCRIPT })) {
  codeConformance(`a plugin in ${language}`, async () => {
    const worker = await testWorker();
    return {
      executor: always(worker.executor, copy),
      write: (steps, more) => call("steps", steps, more),
      dispose: () => worker.close(),
    };
  });

  executorConformance(`a plugin in ${language}`, async () => {
    const worker = await testWorker();
    const work = (steps: Step[]): Work => call("steps", steps, { grace: 200 }) as Work;
    return {
      executor: always(worker.executor, copy),
      succeeds: work([{ print: "done" }]),
      fails: work([{ print: "on its way" }, { exit: 3 }]),
      neverEnds: work([{ sleep: 1e6 }]),
      dispose: () => worker.close(),
    };
  });
}
