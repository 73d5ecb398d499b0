/** The function of the mail example: hands one mail to a mail server, by SMTP (RFC 5321) over plain TCP. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline/promises";
import type { FunctionContext } from "@octopus-tasks/octopus/worker";

interface Mail {
  host: string;
  port: number;
  from: string;
  to: string[];
  subject: string;
  text: string;
}

/**
 * Sends it, and answers what the server said at last. A refusal for now (4xx) or no connection may be tried again; the message
 * has the task's id as its own, so that a second delivery can be told from a second mail.
 */
export async function sendMail(mail: Mail, context: FunctionContext): Promise<{ accepted: string; bytes: number }> {
  const socket = connect({ host: mail.host, port: mail.port, signal: context.signal });
  try {
    await once(socket, "connect", { signal: context.signal });
    const said = replies(socket);
    const say = async (line: string, expected: number): Promise<string> => {
      if (line !== "") socket.write(`${line}\r\n`);
      const { value: reply = "the server hung up" } = await said.next();
      if (!reply.startsWith(String(expected))) throw new Error(`to ${line.slice(0, 60) || "the greeting"}: ${reply}`);
      return reply;
    };
    await say("", 220);
    await say("EHLO octopus.example", 250);
    await say(`MAIL FROM:<${address(mail.from)}>`, 250);
    for (const to of mail.to) await say(`RCPT TO:<${address(to)}>`, 250);
    await say("DATA", 354);
    const message = messageOf(mail, context.task.id);
    socket.write(message);
    const accepted = await say(".", 250);
    await say("QUIT", 221);
    return { accepted, bytes: Buffer.byteLength(message) };
  } finally {
    socket.destroy();
  }
}

/** Replies of the server; one of several lines counts as its last. */
async function* replies(socket: Socket): AsyncGenerator<string, undefined> {
  for await (const line of createInterface({ input: socket, crlfDelay: Infinity })) {
    if (/^\d{3}(?: |$)/.test(line)) yield line;
  }
  return undefined;
}

/** An address that cannot end its line or its brackets. */
function address(text: string): string {
  if (!/^[^\s<>@]+@[^\s<>@]+$/.test(text)) throw new Error(`not a mail address: ${JSON.stringify(text)}`);
  return text;
}

function messageOf(mail: Mail, id: string): string {
  const headers = [
    `From: <${address(mail.from)}>`,
    `To: ${mail.to.map((to) => `<${address(to)}>`).join(", ")}`,
    `Subject: ${mail.subject.replace(/[^\x20-\x7e]/g, "?")}`,
    `Message-ID: <${id}.${process.pid}@octopus.example>`,
    `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
  ];
  // A line that is one point would end the mail.
  const body = mail.text.split(/\r?\n/).map((line) => (line.startsWith(".") ? `.${line}` : line));
  return `${[...headers, "", ...body].join("\r\n")}\r\n`;
}
