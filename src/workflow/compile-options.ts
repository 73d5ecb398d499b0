/** What a file is compiled with, and what comes of it. */
import type { Json } from "../base/words.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import type { Param } from "./params.ts";

export interface CompileOptions {
  /** File name: begins the place of each problem, and names a workflow that has no name. */
  source?: string | undefined;
  /** Values for the workflow's params. */
  params?: Record<string, Json> | undefined;
  /** Folder of shell commands; a relative `cwd` in the file is taken from here. */
  cwd?: string | undefined;
  /** Arm of the tasks that name none; stronger than `arm` at the top of the file. */
  arm?: string | undefined;
  /** Where tasks run that do not say it; stronger than `target` at the top of the file. */
  target?: Json | undefined;
  /** Texts of the files that it runs, by path from the folder of this one, and of further documents by their names. */
  files?: Record<string, string> | undefined;
  /** Path of this file among `files`; absent for the one that all begins with. */
  base?: string | undefined;
  /** Only look whether it is right: params that are missing are no problem. */
  check?: boolean | undefined;
}

/** What a file declares and what it becomes, its problems still uncounted. */
export interface Compiled {
  run: RunSpec;
  declared: ReadonlyMap<string, Param | undefined>;
}
