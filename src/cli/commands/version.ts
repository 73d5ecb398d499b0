/** `octopus version`. */
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { ownVersion } from "../../root/version.ts";

export async function run({ out }: Context): Promise<ExitCode> {
  const version = ownVersion();
  const { node, v8 } = process.versions;
  const { sqlite } = process.versions as { sqlite?: string };
  const value = { version, node, v8, sqlite, platform: `${process.platform}-${process.arch}` };
  out.answer(value, {
    table: () => `octopus ${version} (Node ${node}, SQLite ${sqlite}, ${value.platform})`,
    quiet: () => version,
  });
  return EXIT.ok;
}
