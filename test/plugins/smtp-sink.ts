/** A small real SMTP server on the loopback address that keeps what it is sent. */
import { createServer, type Socket } from "node:net";
import { TLSSocket, createSecureContext } from "node:tls";
import { once } from "node:events";
import { atEnd } from "./place.ts";

export interface Mail {
  from: string;
  to: string[];
  text: string;
  user: string | undefined;
  isEncrypted: boolean;
}

export interface SinkOptions {
  tls?: { key: string; cert: string };
  /** User and password that it takes. */
  user?: [string, string];
  /** Addresses that it has no box for. */
  unknown?: string[];
}

export async function startSmtpSink(options: SinkOptions = {}): Promise<{ port: number; mails: Mail[] }> {
  const mails: Mail[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.write("220 sink ready\r\n");
    serve(socket, options, mails, false);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, mails };
}

function serve(socket: Socket, options: SinkOptions, mails: Mail[], isEncrypted: boolean): void {
  let mail: Mail = { from: "", to: [], text: "", user: undefined, isEncrypted };
  let isData = false;
  let rest = "";
  const answer = (line: string): void => {
    const [, address = ""] = /<(.*)>/.exec(line) ?? [];
    if (/^EHLO/i.test(line)) {
      const secure = options.tls !== undefined && !isEncrypted ? "250-STARTTLS\r\n" : "";
      socket.write(`250-sink\r\n${secure}250-AUTH PLAIN\r\n250 8BITMIME\r\n`);
    } else if (/^STARTTLS/i.test(line)) {
      socket.write("220 go on\r\n");
      socket.removeAllListeners("data");
      const secured = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(options.tls) });
      secured.on("error", () => undefined);
      serve(secured, options, mails, true);
    } else if (/^AUTH PLAIN/i.test(line)) {
      const [, user, password] = Buffer.from(line.split(" ")[2] ?? "", "base64")
        .toString()
        .split("\0");
      const isRight = user === options.user?.[0] && password === options.user?.[1];
      if (isRight) mail.user = user;
      socket.write(isRight ? "235 welcome\r\n" : "535 wrong user or password\r\n");
    } else if (/^MAIL/i.test(line)) {
      mail.from = address;
      socket.write("250 ok\r\n");
    } else if (/^RCPT/i.test(line)) {
      mail.to.push(address);
      socket.write(options.unknown?.includes(address) === true ? "550 no such box\r\n" : "250 ok\r\n");
    } else if (/^DATA/i.test(line)) {
      isData = true;
      socket.write("354 go on\r\n");
    } else {
      socket.end("221 bye\r\n");
    }
  };
  socket.on("data", (bytes: Buffer) => {
    rest += bytes.toString("latin1");
    for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 2);
      if (!isData) answer(line);
      else if (line !== ".") mail.text += `${line}\r\n`;
      else {
        isData = false;
        mails.push(mail);
        mail = { from: "", to: [], text: "", user: mail.user, isEncrypted };
        socket.write("250 taken\r\n");
      }
    }
  });
}
