/**
 * Workflows that a file runs: files beside it, further documents of the same text, or mappings right where they are run.
 * They are compiled when their turn has come; here they are checked, so that nothing is half done when a mistake shows.
 */
import type { Json } from "../base/words.ts";
import { type Issue, OctopusError } from "../base/errors.ts";
import type { WorkflowWork } from "../protocol/node.ts";
import type { Work } from "../protocol/task.ts";
import type { CompiledTask } from "./compile-task.ts";
import type { CompileOptions, Compiled } from "./compile-options.ts";
import { readDocument, type WorkflowDocument } from "./document.ts";
import { holdsExpression, isMapping } from "./keys.ts";
import { checkParam, type Param } from "./params.ts";
import { isPath, resolveFrom } from "./paths.ts";
import { type Path, pathText } from "./problems.ts";
import type { Head } from "./workflow-keys.ts";

export interface Surroundings {
  head: Head;
  options: CompileOptions;
  /** Further documents of the same file. */
  others: readonly WorkflowDocument[];
  source: string;
  checked: Checked;
  /** Compiles one of them. */
  compile(
    document: WorkflowDocument,
    options: CompileOptions,
    others: readonly WorkflowDocument[],
    checked: Checked,
  ): Compiled;
}

/** Files that are being checked, so that one that runs itself is checked once. */
export type Checked = Map<string, ReadonlyMap<string, Param | undefined> | undefined>;

/** Checks the workflows that these tasks run, and answers the texts that the run needs to have. */
export function checkSubWorkflows(tasks: readonly CompiledTask[], around: Surroundings): Record<string, string> {
  const { options, others, head } = around;
  const files: Record<string, string> = { ...options.files };
  const documents = new Map<string, WorkflowDocument>();
  for (const other of others) {
    const name = isMapping(other.value) ? other.value["name"] : undefined;
    if (typeof name !== "string" || name === "") {
      head.document.problems.at(
        other.locate([]),
        "is a further document without a name: write name: NAME, and run it by that",
      );
    } else if (documents.has(name)) {
      head.document.problems.at(other.locate(["name"]), `is the name of two documents: ${JSON.stringify(name)}`);
    } else {
      documents.set(name, other);
      files[name] = JSON.stringify(other.value);
    }
  }
  // Documents are checked also when nothing runs them: their mistakes are mistakes of this file.
  for (const [name, document] of documents) checkDocument(name, document, around);
  for (const { spec, place } of tasks) {
    const work = workflowOf(spec?.work);
    if (work === undefined || place === undefined) continue;
    const declared = declaredBy(work, place.path, around, { documents, files });
    if (declared !== undefined) checkGiven(work, declared, place.path, head);
  }
  return files;
}

function workflowOf(work: Work | undefined): WorkflowWork | undefined {
  if (work?.kind === "each") return workflowOf(work.each.task.work);
  return work?.kind === "workflow" ? work.workflow : undefined;
}

interface Known {
  documents: ReadonlyMap<string, WorkflowDocument>;
  files: Readonly<Record<string, string>>;
}

/** Params of the workflow that is run; undefined when that is not known here. */
function declaredBy(
  work: WorkflowWork,
  path: Path,
  around: Surroundings,
  { documents, files }: Known,
): ReadonlyMap<string, Param | undefined> | undefined {
  const { head, options } = around;
  const { use, definition } = work;
  if (definition !== undefined) {
    const document = inlineDocument(head.document, definition, [...path, "workflow"]);
    return check(document, around, around.source)?.declared;
  }
  if (use === undefined) return undefined;
  const document = documents.get(use);
  if (document !== undefined) return checkDocument(use, document, around);
  const key = isPath(use) ? resolveFrom(options.base ?? "", use) : use;
  const text = Object.hasOwn(files, key) ? files[key] : undefined;
  if (text !== undefined) {
    // From here on it is named as the run's files name it, whoever names it.
    work.use = key;
    return checkFile(key, text, around);
  }
  if (!isPath(use) || options.files === undefined) return undefined;
  const near = head.document.problems.suggest(key, Object.keys(files));
  tellAt(head, [...path, "workflow"], `names the file ${use}, which does not exist, or was not sent along${near}`);
  return undefined;
}

function checkDocument(
  name: string,
  document: WorkflowDocument,
  around: Surroundings,
): ReadonlyMap<string, Param | undefined> | undefined {
  const { checked } = around;
  if (!checked.has(name)) {
    checked.set(name, undefined);
    checked.set(name, check(document, around, name)?.declared);
  }
  return checked.get(name);
}

/** Checks what was read; its problems are those of the file in which it stands. */
function check(
  document: WorkflowDocument,
  { options, checked, compile }: Surroundings,
  source: string,
): Compiled | undefined {
  const before = document.problems.count;
  if (!isMapping(document.value)) {
    document.problems.at(document.locate([]), "must be a mapping with tasks");
    return undefined;
  }
  const { files, base } = options;
  const compiled = compile(document, { check: true, source, base, files }, [], checked);
  return document.problems.count === before ? compiled : undefined;
}

function checkFile(
  path: string,
  text: string,
  { head, options, checked, compile }: Surroundings,
): ReadonlyMap<string, Param | undefined> | undefined {
  if (checked.has(path)) return checked.get(path);
  checked.set(path, undefined);
  const issues: Issue[] = [];
  try {
    const [document, ...others] = readDocument(text, path);
    const compiled = compile(
      document!,
      { check: true, source: path, base: path, files: options.files },
      others,
      checked,
    );
    document!.problems.check();
    head.document.problems.warnings.push(...document!.problems.warnings);
    checked.set(path, compiled.declared);
  } catch (error) {
    if (!(error instanceof OctopusError) || error.code !== "invalid") throw error;
    issues.push(...error.issues);
  }
  for (const issue of issues) head.document.problems.outside(issue.path, issue.message);
  return checked.get(path);
}

/** A document inside of a document. */
function inlineDocument(outer: WorkflowDocument, value: Json, path: Path): WorkflowDocument {
  const locate: WorkflowDocument["locate"] = (inner, part) => {
    const position = outer.locate([...path, ...inner], part);
    const { within } = position;
    return { ...position, within: within === undefined ? pathText(path) : `${within}.${pathText(path)}` };
  };
  return { value, problems: outer.problems, locate };
}

/** What is given to a workflow must be what it asks for. */
function checkGiven(
  { params = {} }: WorkflowWork,
  declared: ReadonlyMap<string, Param | undefined>,
  path: Path,
  head: Head,
): void {
  const names = [...declared.keys()];
  for (const [name, value] of Object.entries(params)) {
    const at = [...path, "params", name];
    const param = declared.get(name);
    if (!declared.has(name)) {
      const known = names.length === 0 ? "that workflow declares none" : `declared are ${names.join(", ")}`;
      tellAt(head, at, `is not a param of the workflow${head.document.problems.suggest(name, names)}; ${known}`);
    } else if (param !== undefined && !holdsExpression(value)) {
      const wrong = checkParam(param, value);
      if (wrong !== undefined) tellAt(head, at, wrong);
    }
  }
  for (const [name, param] of declared) {
    if (param?.required === true && !Object.hasOwn(params, name)) {
      tellAt(head, [...path, "params"], `lacks ${name}, which the workflow asks for and has no default for`);
    }
  }
}

function tellAt({ document }: Head, path: Path, message: string): void {
  document.problems.at(document.locate(path), `${pathText(path)} ${message}`);
}

/** Paths of the files that this one runs, from the folder of the first file on. What cannot be read names none. */
export function workflowReferences(text: string, base = ""): string[] {
  const found = new Set<string>();
  try {
    for (const document of readDocument(text, base || "workflow.yaml")) collect(document.value, base, found);
  } catch (error) {
    if (!(error instanceof OctopusError)) throw error;
  }
  return [...found];
}

function collect(value: Json, base: string, found: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const one of value) collect(one, base, found);
    return;
  }
  const { workflow: use } = value;
  if (typeof use === "string" && isPath(use)) found.add(resolveFrom(base, use));
  for (const one of Object.values(value)) collect(one, base, found);
}
