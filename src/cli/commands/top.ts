/** `octopus top`: the dashboard in the terminal; the overview once where there is none. */
import { setTimeout as delay } from "node:timers/promises";
import { OctopusError } from "../../base/errors.ts";
import { depthOf } from "../../tui/sgr.ts";
import { TABS, type Tab } from "../../tui/state.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";

/**
 * So long the terminal is left alone for an answer: a server on this machine has answered by then, or is told to be away
 * where the command was typed. Others fill the screen when they answer.
 */
const PATIENCE_MS = 50;

export async function run(context: Context): Promise<ExitCode> {
  const { out, options } = context;
  const { env, stdin, stdout } = process;
  const tab = tabOf(options["tab"] as string | undefined);
  const client = await context.client();
  const isTerminal = stdin.isTTY && stdout.isTTY && env["TERM"] !== "dumb";
  if (out.mode !== "table" || options["once"] === true || !isTerminal) {
    const { overviewText, overviewValue, readOverview } = await import("../../tui/plain.ts");
    const state = await readOverview(client, out.columns ?? 100);
    const depth = isTerminal || env["FORCE_COLOR"] !== undefined ? depthOf(env) : "plain";
    out.answer(overviewValue(state), {
      table: () => overviewText(state, depth),
      quiet: () => "",
    });
    return EXIT.ok;
  }
  const asked = Promise.all([client.status(), client.session().catch(() => undefined)]);
  asked.catch(() => undefined);
  const [{ runTop }, { Terminal }, { loadInk }] = await Promise.all([
    import("../../tui/app.ts"),
    import("../../tui/terminal.ts"),
    import("../../tui/ink-door.ts"),
  ]);
  await Promise.race([asked, delay(PATIENCE_MS)]);
  const depth = depthOf(env);
  const hasMouse = options["mouse"] !== false;
  const terminal = new Terminal({ hasMouse, asksBackground: depth !== "none" && env["TERM"] !== "linux" });
  await runTop({ client, terminal, loadInk, depth, tab, hasMouse, asked });
  return EXIT.ok;
}

function tabOf(name: string | undefined): Tab | undefined {
  if (name === undefined) return undefined;
  const tab = TABS.find((one) => one === name.toLowerCase());
  if (tab !== undefined) return tab;
  throw new OctopusError("invalid", `there is no tab ${JSON.stringify(name)}: it is one of ${TABS.join(", ")}`);
}
