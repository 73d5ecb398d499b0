/** `octopus quota rm OWNER…`. */
import type { Context } from "../context.ts";
import { removeEach } from "../remove.ts";
import type { ExitCode } from "../exit-codes.ts";

export function run(context: Context): Promise<ExitCode> {
  return removeEach(context, (client, owner) => client.removeQuota(owner));
}
