/** `octopus healthcheck`: for containers and supervisors. */
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  const state = await client.ready();
  context.out.answer(state, { table: () => (state.ready ? "ready" : `not ready: ${state.reason}`) });
  return state.ready ? EXIT.ok : EXIT.unreachable;
}
