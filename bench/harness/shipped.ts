/**
 * The program as it is shipped: JavaScript with what every command loads joined. From the source Node holds its remover of types,
 * which nobody has who installed the package: 20 to 25 MB in each process.
 */
import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename, join } from "node:path";
import { bundleCli } from "../../scripts/bundle-cli.ts";
import { node, root, tool } from "../../scripts/tool.ts";

/** Builds it below `folder`, and answers the file that is run. */
export async function buildShipped(folder: string): Promise<string> {
  const dist = join(folder, "dist");
  const build = ["-p", "tsconfig.build.json", "--noCheck", "--declaration", "false", "--outDir", dist];
  const { code, output } = await node([...tool("typescript", "tsc"), ...build]);
  if (code !== 0) throw new Error(`the build failed:\n${output}`);
  copyFileSync(join(root, "package.json"), join(folder, "package.json"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  await bundleCli(dist);
  return join(dist, "cli/main.js");
}

/** A module of functions as JavaScript, for the same reason. */
export function withoutTypes(file: string, folder: string): string {
  const plain = join(folder, basename(file).replace(/\.ts$/, ".mjs"));
  writeFileSync(plain, stripTypeScriptTypes(readFileSync(file, "utf8")));
  return plain;
}
