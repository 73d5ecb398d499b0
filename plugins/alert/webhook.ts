/** A message to a webhook: in the words of Slack, which most chats take, or with all that it holds. */
import { createHmac } from "node:crypto";
import type { Message } from "./message.ts";

export interface WebhookSettings {
  url: string;
  /** `slack`: `{"text": …}`. `json`: all values of the message. Default: slack. */
  format?: "slack" | "json";
  headers?: Record<string, string>;
  /** Signs the body: its HMAC with SHA-256 goes along as `octopus-signature: sha256=…`. */
  secret?: string;
}

const TRIES = 3;
const TRY_MS = 10_000;
const WAIT_MS = 500;

/** Resolves when it was taken. What is worth another try (no connection, 429, 5xx) gets one, three in all. */
export async function post(
  { url, format = "slack", headers, secret }: WebhookSettings,
  message: Message,
  task: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (typeof url !== "string" || !/^https?:\/\//.test(url)) throw new Error("webhook.url must be an http(s) address");
  const { text, title, level = "info", fields } = message;
  const body = JSON.stringify(
    format === "json" ? { text, title, level, fields, task, at: new Date().toISOString() } : { text: plain(message) },
  );
  const signature = secret === undefined ? undefined : createHmac("sha256", secret).update(body).digest("hex");
  const init = {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      ...headers,
      ...(signature !== undefined && { "octopus-signature": `sha256=${signature}` }),
    },
  };
  for (let attempt = 1; ; attempt++) {
    const problem = await tryOnce(url, init, signal);
    if (problem === undefined) return;
    if (!problem.isWorthAnother || attempt === TRIES || signal.aborted) throw new Error(problem.text);
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS * attempt));
  }
}

async function tryOnce(
  url: string,
  init: RequestInit,
  signal: AbortSignal,
): Promise<{ text: string; isWorthAnother: boolean } | undefined> {
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(TRY_MS)]) });
    const said = (await answer.text()).trim().slice(0, 200);
    if (answer.ok) return undefined;
    const isWorthAnother = answer.status === 429 || answer.status >= 500;
    return { text: `it answered ${answer.status}${said === "" ? "" : `: ${said}`}`, isWorthAnother };
  } catch (error) {
    const { cause, message } = error as Error;
    return { text: cause instanceof Error ? cause.message : message, isWorthAnother: true };
  }
}

const SIGNS = { info: "", warning: "⚠ ", error: "✖ " };

/** The message as lines: title, text, and a line for each field. */
export function plain({ text, title, level = "info", fields = {} }: Message): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${shown(value)}`);
  return `${SIGNS[level] ?? ""}${[...(title === undefined ? [] : [title]), text, ...lines].join("\n")}`;
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
