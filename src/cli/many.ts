/** Bulk actions from the command line: counted first, asked about, started, and followed as far as somebody wants to. */
import type { Client } from "../client/mod.ts";
import type { BulkSubmission } from "../protocol/bulk.ts";
import type { BulkView } from "../protocol/views.ts";
import { bulkLine, filterText } from "../view/bulks.ts";
import { mayGoOn } from "./ask.ts";
import type { Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import type { TaskChoice } from "./filter-options.ts";
import { withNames } from "./target.ts";

const LOOK_EVERY_MS = 200;

type Action = Pick<BulkSubmission, "action" | "priority" | "arm" | "reason"> & { filter: TaskChoice };

/** `verb` is what is done, for the question: "cancel 12 tasks". */
export async function actOnMany(context: Context, asked: Action, verb: string): Promise<ExitCode> {
  const { options, out } = context;
  const client = await context.client();
  const action = { ...asked, filter: await withNames(client, asked.filter) };
  const count = await client.countTasks(action.filter);
  const which = filterText({ ...action.filter });
  if (options["dryRun"] === true || count === 0) {
    const table = (): string => (count === 0 ? "no task matches" : `would ${sentence(verb, count)} (${which})`);
    out.answer({ count, started: false }, { table, quiet: () => String(count) });
    return EXIT.ok;
  }
  if (!(await mayGoOn(context, `this will ${sentence(verb, count)} (${which})`))) return EXIT.failed;
  const bulk = await client.startBulk(action);
  if (options["wait"] === true) return followBulk(context, client, bulk);
  out.answer(bulk, { table: () => bulkLine(bulk), quiet: () => bulk.id });
  if (bulk.state === "running") out.note(`it goes on in the server: octopus bulk show ${bulk.id}`);
  return EXIT.ok;
}

/** `cancel 12 tasks`, `move 12 tasks to builds`. */
function sentence(verb: string, count: number): string {
  const tasks = count === 1 ? "1 task" : `${count} tasks`;
  return verb.includes("…") ? verb.replace("…", tasks) : `${verb} ${tasks}`;
}

/** Shows how it goes until it has ended. Ctrl-C leaves it to the server. */
async function followBulk({ out }: Context, client: Client, first: BulkView): Promise<ExitCode> {
  let bulk = first;
  process.once("SIGINT", () => {
    if (out.isLive) process.stderr.write("\n");
    out.note(`${bulk.id} goes on; octopus bulk show ${bulk.id}, octopus bulk stop ${bulk.id}`);
    process.exit(EXIT.interrupted);
  });
  while (bulk.state === "running") {
    if (out.isLive) process.stderr.write(`\r\u001b[K${bulkLine(bulk)}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    bulk = await client.bulk(bulk.id);
  }
  if (out.isLive) process.stderr.write("\r\u001b[K");
  const last = bulk;
  out.answer(last, { table: () => bulkLine(last), quiet: () => last.id });
  if (last.failed > 0) out.note(`${last.failed} were refused: they had ended, or changed, in the meantime`);
  return last.state === "done" ? EXIT.ok : EXIT.failed;
}
