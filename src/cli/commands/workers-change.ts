/** `octopus workers drain|resume|rm|approve|deny NAME…`. */
import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "../../client/mod.ts";
import type { Context } from "../context.ts";
import { forEachWord } from "../each.ts";
import { exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";
import { textOf } from "../read.ts";
import { removeEach } from "../remove.ts";

/** Between two looks at a worker that is to become empty. */
const LOOK_MS = 500;

interface Done {
  name: string;
  /** What is so now, in words. */
  now: string;
}

export async function run(context: Context): Promise<ExitCode> {
  const { spec, options, args, out } = context;
  if (spec.name === "rm") return removeEach(context, (client, name) => client.removeWorker(name));
  const client = await context.client();
  const key = textOf(options, "key");
  const { done, errors } = await forEachWord(context, args, (name) =>
    change(client, name, { ...options, key }, spec.name),
  );
  out.answer(
    { items: done },
    {
      table: () => done.map(({ name, now }) => `${name}  ${now}`).join("\n"),
      quiet: () => done.map(({ name }) => name).join("\n"),
    },
  );
  return gravest(errors.map(exitCodeOfError));
}

async function change(
  client: Client,
  name: string,
  { key, wait }: { key?: string | undefined; wait?: unknown },
  what: string,
): Promise<Done> {
  switch (what) {
    case "approve":
      return { name, now: `approved, key ${(await client.approveWorker(name, key)).fingerprint}` };
    case "deny":
      return { name, now: `denied, key ${(await client.denyWorker(name, key)).fingerprints.join(" and ")}` };
    case "resume":
      return { name, now: (await client.resumeWorker(name)).state };
    default: {
      let { active } = await client.drainWorker(name);
      while (wait === true && active > 0) {
        await pause(LOOK_MS);
        ({ active } = await client.worker(name));
      }
      return { name, now: active === 0 ? "drained, nothing runs there" : `drained, ${active} still running there` };
    }
  }
}
