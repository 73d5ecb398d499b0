/** Load on an HTTP server over bare sockets: as many requests as the connections carry, one at a time on each. */
import { createConnection, type Socket } from "node:net";

export interface LoadFigures {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** Sends `count` copies of `request`, each answered with `status`, over `connections` keep-alive connections. */
export async function load(
  url: string,
  request: Buffer,
  options: { connections: number; count: number; status: number },
): Promise<LoadFigures> {
  const { hostname, port } = new URL(url);
  let left = options.count;
  const latencies: number[] = [];
  const drive = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let answer = "";
      let sentAt = 0;
      const send = (): void => {
        if (left-- <= 0) return void socket.end(resolve);
        sentAt = performance.now();
        socket.write(request);
      };
      socket.setNoDelay(true).setEncoding("latin1");
      socket.on("error", reject).on("connect", send);
      socket.on("data", (text: string) => {
        answer += text;
        const end = answerEnd(answer);
        if (end === undefined) return;
        if (!answer.startsWith(`HTTP/1.1 ${options.status}`)) return reject(new Error(answer.slice(0, 500)));
        latencies.push(performance.now() - sentAt);
        answer = answer.slice(end);
        send();
      });
    });
  const begun = performance.now();
  await Promise.all(Array.from({ length: options.connections }, () => drive(createConnection(Number(port), hostname))));
  const seconds = (performance.now() - begun) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => Number(latencies[Math.floor(latencies.length * share)]!.toFixed(3));
  return { requestsPerSecond: Math.round(options.count / seconds), p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** Where the first answer in the text ends; undefined while it is not complete. */
function answerEnd(text: string): number | undefined {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const length = /content-length: (\d+)/i.exec(text.slice(0, headEnd))?.[1];
  const end = headEnd + 4 + Number(length);
  return text.length >= end ? end : undefined;
}

/** The bytes of a POST. */
export function postRequest(path: string, body: string, type = "application/json"): Buffer {
  const fields = `Host: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}`;
  const head = `POST ${path} HTTP/1.1\r\n${fields}\r\n\r\n`;
  return Buffer.from(head + body);
}
