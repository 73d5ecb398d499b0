/**
 * A mail server to try the example on, on this machine: takes every mail and prints it.
 *
 *     node demo-mailbox.ts [PORT]      (2525 when nothing is said)
 *
 * Each mail is one line of JSON on the standard output, after a line with the address.
 */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

interface Mail {
  from: string;
  to: string[];
  headers: Record<string, string>;
  text: string;
}

function serve(socket: Socket): void {
  let mail: { from: string; to: string[] } = { from: "", to: [] };
  let data: string[] | undefined;
  const reply = (text: string): boolean => socket.write(`${text}\r\n`);
  socket.on("error", () => socket.destroy());
  reply("220 mailbox.example ready");
  createInterface({ input: socket, crlfDelay: Infinity }).on("line", (line) => {
    if (data !== undefined) {
      if (line === ".") {
        console.log(JSON.stringify(read(mail, data)));
        data = undefined;
        reply("250 kept");
      } else data.push(line.startsWith(".") ? line.slice(1) : line);
      return;
    }
    const [, verb = "", rest = ""] = /^(\w+)(?: (.*))?$/.exec(line) ?? [];
    const address = /<([^>]*)>/.exec(rest)?.[1] ?? "";
    switch (verb.toUpperCase()) {
      case "EHLO":
        reply("250-mailbox.example");
        return reply("250 8BITMIME");
      case "HELO":
        return reply("250 mailbox.example");
      case "MAIL":
        mail = { from: address, to: [] };
        return reply("250 ok");
      case "RCPT":
        mail.to.push(address);
        return reply("250 ok");
      case "DATA":
        data = [];
        return reply("354 go on, end with a point");
      case "QUIT":
        return socket.end("221 bye\r\n");
      default:
        return reply("502 unknown");
    }
  });
}

function read(envelope: { from: string; to: string[] }, lines: string[]): Mail {
  const end = lines.indexOf("");
  const headers = lines.slice(0, end).map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]);
  return { ...envelope, headers: Object.fromEntries(headers), text: lines.slice(end + 1).join("\n") };
}

const server = createServer(serve);
server.listen(Number(process.argv[2] ?? 2525), "127.0.0.1", () =>
  console.log(`smtp://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
