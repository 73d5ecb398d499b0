/** `octopus triggers test NAME --event FILE`: what the event would start, without starting it. */
import type { Json } from "../../base/words.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { readText } from "../input.ts";
import { usage } from "../read.ts";

const EVENT_BYTES_MAX = 4 * 1024 * 1024;

export async function run({ args, options, out, client: open }: Context): Promise<ExitCode> {
  const file = options["event"] as string | undefined;
  if (file === undefined) throw usage("name the file of an event: --event FILE, or - for standard input");
  const event = readEvent(await readText(file, EVENT_BYTES_MAX), file);
  const draft = await (await open()).testTrigger(args[0]!, event);
  const text = (): string =>
    draft.starts ? JSON.stringify(draft.task ?? draft.run, null, 2) : "nothing: `when` is false for this event";
  out.answer(draft, { table: text, quiet: () => String(draft.starts) });
  return EXIT.ok;
}

function readEvent(text: string, file: string): Record<string, Json> {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch (error) {
    throw usage(`${file} is not JSON: ${(error as Error).message}`);
  }
  if (typeof event === "object" && event !== null && !Array.isArray(event)) return event as Record<string, Json>;
  throw usage(`${file} must hold an object with the fields of an event, such as {"body": {…}}`);
}
