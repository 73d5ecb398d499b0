/**
 * `octopus artifacts get ID [PATH…]`: fetches files that a task left.
 *
 * G1  What stands in the place of a file is whole and has the hash that the server gave: it is written beside, then moved.
 * G2  No file is written outside the folder that was named, whatever the task called it.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { formatSize } from "../../base/duration.ts";
import { OctopusError } from "../../base/errors.ts";
import { nearest } from "../../base/nearest.ts";
import type { ArtifactView } from "../../protocol/views.ts";
import { clean } from "../../view/text.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { textOf, usage, wholeOf } from "../read.ts";
import { taskId } from "../target.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const client = await context.client();
  const id = await taskId(client, args[0]!);
  const attempt = wholeOf(options, "attempt", 1, Number.MAX_SAFE_INTEGER);
  const files = chosen(await client.artifacts(id, attempt), args.slice(1), id);
  const to = textOf(options, "to");
  const read = (file: ArtifactView): AsyncIterable<Uint8Array> => client.readArtifact(id, file.path, file.attempt);
  if (to === "-") {
    if (files.length > 1) throw usage(`${id} left ${files.length} files: name one of them for standard output`);
    for await (const chunk of read(files[0]!)) out.raw(chunk);
    return EXIT.ok;
  }
  const done: { path: string; file: string; bytes: number }[] = [];
  for (const file of files) {
    const target = await placeOf(file, to, args.length === 2);
    if (existsSync(target) && options["force"] !== true)
      throw new OctopusError(
        "conflict",
        `${target} is there already: --force writes over it, --to names another place`,
      );
    await fetchTo(target, file, read(file));
    done.push({ path: file.path, file: target, bytes: file.bytes });
  }
  out.answer(done, {
    table: () => done.map(({ file, bytes }) => `${clean(file)}  ${formatSize(bytes)}`).join("\n"),
    quiet: () => done.map(({ file }) => file).join("\n"),
  });
  return EXIT.ok;
}

function chosen(all: readonly ArtifactView[], paths: readonly string[], id: string): ArtifactView[] {
  if (all.length === 0) throw new OctopusError("not_found", `${id} left no file`);
  if (paths.length === 0) return [...all];
  return paths.map((path) => {
    const found = all.find((file) => file.path === path);
    if (found !== undefined) return found;
    const names = all.map((file) => file.path);
    const near = nearest(path, names);
    const hint = near === undefined ? `; it left ${names.slice(0, 10).join(", ")}` : ` (did you mean ${near}?)`;
    throw new OctopusError("not_found", `${id} left no file ${JSON.stringify(path)}${hint}`);
  });
}

/** One file that was named goes to `to` itself, unless that is a folder; others go below it, with their folders. */
async function placeOf(file: ArtifactView, to: string | undefined, isAlone: boolean): Promise<string> {
  const isFolder = to !== undefined && (to.endsWith("/") || (existsSync(to) && (await stat(to)).isDirectory()));
  if (isAlone && to !== undefined && !isFolder) return resolve(to);
  const folder = resolve(to ?? ".");
  if (isAlone) return join(folder, basename(file.path));
  const target = resolve(folder, file.path);
  const way = relative(folder, target);
  if (way === "" || way === ".." || way.startsWith(`..${sep}`) || resolve(way) === way)
    throw new OctopusError(
      "invalid",
      `the file ${JSON.stringify(file.path)} would lie outside ${folder}: get it alone`,
    );
  return target;
}

async function fetchTo(target: string, file: ArtifactView, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const part = `${target}.${process.pid}.part`;
  const hash = createHash("sha256");
  const handle = await open(part, "wx");
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
    await handle.close();
    if (hash.digest("hex") !== file.sha256)
      throw new OctopusError("internal", `what came of ${file.path} differs from what the task left: fetch it again`);
    await rename(part, target);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}
