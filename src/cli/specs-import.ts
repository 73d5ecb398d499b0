/** The words of `octopus import` about workflows of other systems. */
import type { CommandSpec } from "./command.ts";
import { OUTPUT } from "./options.ts";

const group = "Limits and times";
const PARTIAL = { flags: "--partial", about: "write what can be carried over, with a list of the rest at the top" };

function importOf(
  name: string,
  about: string,
  more: Pick<CommandSpec, "details" | "examples"> & Partial<Pick<CommandSpec, "args" | "options">> & { file: string },
): CommandSpec {
  const { file, args = [], options = [], ...rest } = more;
  return {
    name,
    group,
    about,
    args: [["<file>", `${file}; - reads standard input`], ...args],
    options: [...options, PARTIAL, OUTPUT],
    ...rest,
    load: () => import("./commands/import-workflow.ts"),
  };
}

export const IMPORTS: readonly CommandSpec[] = [
  importOf("dagu", "print a DAG of Dagu as a workflow file", {
    file: "the DAG",
    details: "Further documents of the file become workflows that it calls.",
    examples: ["octopus import dagu etl.yaml > workflow.yaml"],
  }),
  importOf("github-actions", "print a workflow of GitHub Actions as a workflow file", {
    file: "the workflow",
    details: "Each job becomes a task that runs its `run:` steps. Actions (`uses:`) run on GitHub alone.",
    examples: ["octopus import github-actions .github/workflows/ci.yml > workflow.yaml"],
  }),
  importOf("make", "print the targets of a Makefile as a workflow file", {
    file: "the Makefile",
    args: [["[target...]", "what is to be made; the first target of the file when nothing is named"]],
    details: "Each task calls make for one target, so that what is up to date stays as it is.",
    examples: ["octopus import make Makefile all > workflow.yaml"],
  }),
  importOf("wfcommons", "print a workflow in WfFormat (WfCommons 1.4 and 1.5) as a workflow file", {
    file: "the trace",
    options: [{ flags: "--sleep <factor>", about: "tasks that sleep so many times what they took, and run nothing" }],
    examples: ["octopus import wfcommons montage.json --sleep 0.01 > workflow.yaml"],
  }),
  importOf("airflow", "print a DAG of Airflow, serialized to JSON, as a workflow file", {
    file: "what SerializedDAG.to_dict writes",
    details: "Bash and empty operators are carried over.",
    examples: ["octopus import airflow sales.json > workflow.yaml"],
  }),
];
