/** Files of other tasks that an attempt gets: found when it is handed out, by the hash of their content. */
import { OctopusError } from "../../base/errors.ts";
import type { InputFile } from "../../protocol/link.ts";
import type { InputSpec } from "../../protocol/node.ts";
import type { TaskSpec } from "../../protocol/task.ts";
import type { Library } from "../ports.ts";
import type { StoredNode } from "../stored.ts";
import { matchesGlob } from "./glob.ts";

/** Files that one attempt may get. */
const FILES_MAX = 10_000;
/** Names that a refusal lists. */
const SHOWN = 5;
const MEMBERS_STEP = 500;

/** The files that this task of a run gets; throws, with words, when some are not there. */
export function inputsOf(library: Library, task: number): InputFile[] {
  const node = library.node(task);
  const specs = node?.spec === undefined ? undefined : (JSON.parse(node.spec) as TaskSpec).node?.inputs;
  if (node === undefined || specs === undefined) return [];
  const files = new Map<string, InputFile>();
  for (const spec of specs) {
    for (const file of filesOf(library, node.run, spec)) {
      files.set(file.path, file);
      if (files.size > FILES_MAX)
        throw missing(`its inputs are more than ${FILES_MAX} files; leave them as one archive`);
    }
  }
  return [...files.values()];
}

function filesOf(library: Library, run: number, spec: InputSpec): InputFile[] {
  const from = library.nodeOfRun(run, spec.from);
  if (from === undefined) throw missing(`its inputs come from ${spec.from}, which is not there any more`);
  const to = spec.to ?? spec.from;
  if (from.kind !== "each") {
    const left = library.artifacts(from.task);
    const files = pick(left, spec, to);
    if (files.length === 0)
      throw noFile(
        from,
        spec,
        left.map(({ path }) => path),
      );
    return files;
  }
  const files: InputFile[] = [];
  for (let index = 0; ;) {
    const members = library.members(from.task, index, MEMBERS_STEP);
    for (const member of members) files.push(...pick(library.artifacts(member.task), spec, `${to}/${index++}`));
    if (members.length < MEMBERS_STEP) break;
    if (files.length > FILES_MAX) break;
  }
  if (files.length === 0 && (from.total ?? 0) > 0) throw noFile(from, spec, []);
  return files;
}

function pick(
  left: { path: string; hash: string; bytes: number }[],
  { path: wanted }: InputSpec,
  to: string,
): InputFile[] {
  const fitting = wanted === undefined ? left : left.filter(({ path }) => matchesGlob(path, wanted));
  return fitting.map(({ path, hash, bytes }) => ({ path: `${to}/${path}`, sha256: hash, bytes }));
}

function noFile(from: StoredNode, { path }: InputSpec, left: readonly string[]): OctopusError {
  const what = path === undefined ? "no files" : `no file that fits ${JSON.stringify(path)}`;
  const some = left.slice(0, SHOWN).join(", ") + (left.length > SHOWN ? ", …" : "");
  const there = left.length === 0 ? `write them to $OCTOPUS_ARTIFACTS there` : `it left ${some}`;
  return missing(`${from.name ?? from.id} (${from.state}) left ${what} for it: ${there}`);
}

function missing(message: string): OctopusError {
  return new OctopusError("not_found", message);
}
