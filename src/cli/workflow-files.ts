/**
 * Reads a workflow file with the files that it runs as sub-workflows, and those that these run. What cannot be found is left
 * out: the compiler tells of it with the line that names it.
 */
import { stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { OctopusError } from "../base/errors.ts";
import { readText } from "./input.ts";

const FILE_BYTES_MAX = 10 * 1024 * 1024;
const FILES_MAX = 200;
const TOGETHER_BYTES_MAX = 20 * 1024 * 1024;

/** A workflow file as it is submitted. */
export interface WorkflowText {
  definition: string;
  /** What messages call it. */
  source: string;
  files?: Record<string, string>;
  /** Its folder. */
  cwd: string;
}

/** `-` is standard input, which stands in the present folder. */
export async function readWorkflow(file: string): Promise<WorkflowText> {
  const definition = await readText(file, FILE_BYTES_MAX);
  const [cwd, source] = file === "-" ? [process.cwd(), "standard input"] : [dirname(resolve(file)), basename(file)];
  const files = await readReferences(definition, source, cwd);
  return { definition, source, cwd, ...(files !== undefined && { files }) };
}

/** Undefined when no file is named: without `files` nobody tells of those that are missing. */
async function readReferences(
  text: string,
  source: string,
  folder: string,
): Promise<Record<string, string> | undefined> {
  const files: Record<string, string> = {};
  // Paths are seen from the folder of the first file.
  const left = await referencesOf(text, "");
  if (left.length === 0) return undefined;
  let bytes = 0;
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const place = join(folder, path);
    if (Object.hasOwn(files, path) || !(await isFile(place))) continue;
    const inner = await readText(place, FILE_BYTES_MAX);
    bytes += inner.length;
    if (Object.keys(files).length >= FILES_MAX || bytes > TOGETHER_BYTES_MAX)
      throw new OctopusError(
        "too_large",
        `${source} runs more than ${FILES_MAX} workflow files, or more than ${TOGETHER_BYTES_MAX} bytes of them: ` +
          "register some of them with octopus apply, and run them by name",
      );
    files[path] = inner;
    left.push(...(await referencesOf(inner, path)));
  }
  return files;
}

/** The paths that a file names. A file that cannot be read names nothing: compiling it says what is wrong. */
async function referencesOf(text: string, source: string): Promise<string[]> {
  // Reading YAML takes long, and most files run no other.
  if (!/\bworkflow["']?\s*:/.test(text)) return [];
  const { workflowReferences } = await import("../workflow/mod.ts");
  try {
    return workflowReferences(text, source);
  } catch (error) {
    if (error instanceof OctopusError) return [];
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true;
}
