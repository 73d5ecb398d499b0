/**
 * A message as a mail, over SMTP as a mail program speaks it (RFC 5321, 6409): EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA. Written
 * by hand because a plugin travels to workers as its own files, with nothing to install beside it, and eight commands are all.
 *
 * ML1  A password goes over an encrypted connection only, unless the settings say `security: none`.
 */
import { randomUUID } from "node:crypto";
import { connect as connectPlain, type Socket } from "node:net";
import { hostname } from "node:os";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { Message } from "./message.ts";
import { plain } from "./webhook.ts";

export interface MailSettings {
  host: string;
  /** Default: 465 with `tls`, 587 otherwise. */
  port?: number;
  /** `starttls` (default): encrypted from its second word on; `tls`: from the first; `none`: not at all. */
  security?: "starttls" | "tls" | "none";
  user?: string;
  password?: string;
  from: string;
  to: string | string[];
  /** Certificate authority (PEM) of the server, where the machine does not know it. */
  ca?: string;
}

const SILENCE_MS = 20_000;
const ADDRESS = /^[^\s<>@"(),:;[\]]+@[^\s<>@"(),:;[\]]+$/;

export async function sendMail(settings: MailSettings, message: Message, signal: AbortSignal): Promise<void> {
  const { host, from, user, password, security = "starttls" } = settings;
  const to = Array.isArray(settings.to) ? settings.to : [settings.to];
  if (typeof host !== "string" || host === "") throw new Error("smtp.host is missing");
  for (const address of [from, ...to])
    if (typeof address !== "string" || !ADDRESS.test(address))
      throw new Error(
        `smtp.from and smtp.to must be addresses such as ops@example.org, not ${JSON.stringify(address)}`,
      );
  const tls: ConnectionOptions = { servername: host, ...(settings.ca !== undefined && { ca: settings.ca }) };
  const port = settings.port ?? (security === "tls" ? 465 : 587);
  const line = new Line(security === "tls" ? connectTls({ ...tls, host, port }) : connectPlain({ host, port }), signal);
  try {
    await line.expect(220);
    let offered = await line.say(`EHLO ${ownName()}`, 250);
    if (security === "starttls") {
      if (!/\bSTARTTLS\b/i.test(offered))
        throw new Error("it offers no STARTTLS; set security: tls, or none where nobody can listen");
      await line.say("STARTTLS", 220);
      await line.encrypt(tls);
      offered = await line.say(`EHLO ${ownName()}`, 250);
    }
    if (user !== undefined) await logIn(line, offered, user, password ?? "");
    await line.say(`MAIL FROM:<${from}>`, 250);
    for (const address of to) await line.say(`RCPT TO:<${address}>`, 25);
    await line.say("DATA", 354);
    await line.say(`${mailText(from, to, message)}\r\n.`, 250);
    // It has the mail: what goes wrong from here on changes nothing.
    await line.say("QUIT", 221).catch(() => undefined);
  } finally {
    line.end();
  }
}

async function logIn(line: Line, offered: string, user: string, password: string): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const ways = /^\d{3}[- ]AUTH[ =](.*)$/im.exec(offered)?.[1]?.toUpperCase() ?? "";
  if (/\bPLAIN\b/.test(ways) || ways === "") {
    await line.say(`AUTH PLAIN ${base64(`\0${user}\0${password}`)}`, 235, "AUTH PLAIN …");
    return;
  }
  await line.say("AUTH LOGIN", 334);
  await line.say(base64(user), 334, "AUTH LOGIN …");
  await line.say(base64(password), 235, "AUTH LOGIN …");
}

/** The connection: one command, one answer. */
class Line {
  #socket: Socket;
  readonly #stop = (): void => this.#fail(new Error("it was told to stop"));
  readonly #signal: AbortSignal;
  #text = "";
  #waiting: { resolve(answer: string): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  constructor(socket: Socket, signal: AbortSignal) {
    this.#signal = signal;
    this.#socket = socket;
    this.#listen(socket);
    signal.addEventListener("abort", this.#stop, { once: true });
  }

  /** Sends a command; its answer must begin with these digits. `shown`: what is said of it when it does not. */
  say(command: string, digits: number, shown = command.split("\r\n", 1)[0]!): Promise<string> {
    this.#socket.write(`${command}\r\n`);
    return this.expect(digits, shown);
  }

  async expect(digits: number, command = "the connection"): Promise<string> {
    const answer = await new Promise<string>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#look();
    });
    if (!answer.startsWith(String(digits)))
      throw new Error(`it answered ${JSON.stringify(answer.trim().slice(0, 200))} to ${command}`);
    return answer;
  }

  /** Goes on encrypted. What came before it in the clear is not looked at: somebody else may have said it. */
  async encrypt(options: ConnectionOptions): Promise<void> {
    this.#socket.removeAllListeners();
    this.#text = "";
    const secured = connectTls({ ...options, socket: this.#socket });
    this.#socket = secured;
    this.#listen(secured);
    await new Promise<void>((resolve, reject) => {
      this.#waiting = { resolve: () => resolve(), reject };
      secured.once("secureConnect", resolve);
    });
    this.#waiting = undefined;
  }

  end(): void {
    this.#signal.removeEventListener("abort", this.#stop);
    this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    socket.setTimeout(SILENCE_MS, () => this.#fail(new Error(`it was silent for ${SILENCE_MS / 1000} seconds`)));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("it closed the connection")));
    socket.on("data", (bytes) => {
      this.#text += bytes.toString("latin1");
      if (this.#text.length > 65_536) this.#fail(new Error("it speaks no SMTP"));
      this.#look();
    });
  }

  /** An answer is complete with a line whose number is followed by a space. */
  #look(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const end = /^\d{3}(?: .*)?\r?\n/m.exec(this.#text);
    if (end !== null) {
      this.#waiting = undefined;
      const answer = this.#text.slice(0, end.index + end[0].length);
      this.#text = this.#text.slice(answer.length);
      waiting.resolve(answer);
    } else if (this.#failure !== undefined) {
      this.#waiting = undefined;
      waiting.reject(this.#failure);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#look();
  }
}

/** Header and text, in base64, so that neither a dot nor a letter beyond ASCII needs a word. */
function mailText(from: string, to: readonly string[], message: Message): string {
  const { text, title = text.split("\n", 1)[0]!.slice(0, 100) } = message;
  const body = plain(message).replace(/\r?\n/g, "\r\n");
  const lines =
    Buffer.from(body)
      .toString("base64")
      .match(/.{1,76}/g) ?? [];
  return [
    `From: <${from}>`,
    `To: ${to.map((address) => `<${address}>`).join(", ")}`,
    `Subject: ${encodedWords(title)}`,
    `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${randomUUID()}@${ownName()}>`,
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    ...lines,
  ].join("\r\n");
}

/** A header holds ASCII: other text goes as encoded words of at most 75 signs (RFC 2047), cut between letters. */
function encodedWords(text: string): string {
  const plainText = text.replace(/[\r\n\t]+/g, " ");
  if (/^[\x20-\x7e]*$/.test(plainText) && plainText.length <= 70) return plainText;
  const words: string[] = [];
  let word = "";
  for (const letter of plainText) {
    if (Buffer.byteLength(word + letter) > 42) {
      words.push(word);
      word = "";
    }
    word += letter;
  }
  return [...words, word].map((one) => `=?utf-8?B?${Buffer.from(one).toString("base64")}?=`).join("\r\n ");
}

function ownName(): string {
  return hostname().replace(/[^A-Za-z0-9.-]/g, "-") || "localhost";
}
