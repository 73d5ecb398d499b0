/** `octopus plugins rm NAME…`. */
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { removeEach } from "../remove.ts";

export function run(context: Context): Promise<ExitCode> {
  return removeEach(context, (client, name) => client.removePlugin(name));
}
