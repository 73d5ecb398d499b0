/**
 * Tells people something. As an adapter its settings say where to; called as a task, the same stand among its inputs.
 *
 * AL1  A message that one of the places did not take is an error, after all of them were tried.
 */
import { sendMail, type MailSettings } from "./mail.ts";
import type { Message } from "./message.ts";
import { post, type WebhookSettings } from "./webhook.ts";

interface Settings {
  webhook?: WebhookSettings | WebhookSettings[];
  smtp?: MailSettings;
}

/** What the runner hands over. */
interface Context {
  config?: Settings;
  task?: { id: string };
  signal: AbortSignal;
}

export async function send(...values: unknown[]): Promise<{ sent: string[] }> {
  const context = values.at(-1) as Context;
  const message = messageOf(values.slice(0, -1));
  const { webhook, smtp } = { ...context.config, ...message } as Settings;
  const webhooks = webhook === undefined ? [] : Array.isArray(webhook) ? webhook : [webhook];
  if (webhooks.length === 0 && smtp === undefined)
    throw new Error("it was not told where to: set `webhook` or `smtp` in the settings of the adapter, or in the call");
  const task = context.task?.id;
  const places: [string, Promise<unknown>][] = webhooks.map((one) => [
    hostOf(one.url),
    post(one, message, task, context.signal),
  ]);
  if (smtp !== undefined) places.push([`mail by ${smtp.host}`, sendMail(smtp, message, context.signal)]);
  const ends = await Promise.allSettled(places.map(([, sent]) => sent));
  const sent = places.filter((_, at) => ends[at]!.status === "fulfilled").map(([place]) => place);
  const failures = ends.flatMap((end, at) =>
    end.status === "rejected" ? [`${places[at]![0]}: ${(end.reason as Error).message}`] : [],
  );
  if (failures.length > 0) {
    const rest = sent.length === 0 ? "" : ` (it was taken by ${sent.join(", ")})`;
    throw new Error(`the message was not taken by ${failures.join("; ")}${rest}`);
  }
  return { sent };
}

export function main(...values: unknown[]): Promise<{ sent: string[] }> {
  return send(...values);
}

/** Values in order are the text, the title and the level; one object holds them by name. */
function messageOf(values: unknown[]): Message {
  const named = typeof values.at(-1) === "object" && values.at(-1) !== null ? (values.at(-1) as Partial<Message>) : {};
  const [text, title, level] = values.filter((value) => typeof value === "string");
  const message = { ...named } as Message;
  if (text !== undefined) message.text = text;
  if (title !== undefined) message.title = title;
  if (level !== undefined) message.level = level as NonNullable<Message["level"]>;
  if (typeof message.text !== "string" || message.text === "")
    throw new Error("`text` is missing: it must say what is to be told");
  return message;
}

/** The address holds secrets in its path. */
function hostOf(url: string): string {
  return URL.parse(url)?.host ?? "a webhook without an address";
}
