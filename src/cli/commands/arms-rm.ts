/** `octopus arms rm NAME…`. */
import type { Context } from "../context.ts";
import { removeEach } from "../remove.ts";
import type { ExitCode } from "../exit-codes.ts";

export function run(context: Context): Promise<ExitCode> {
  return removeEach(context, (client, name) => client.removeArm(name));
}
