import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:http";
import { before, test } from "node:test";
import { atEnd, openPlace, type Place } from "./place.ts";

/** The plugin `metrics_push` against a real web server in the place of a Pushgateway, and a real UDP socket. */
const pushed: { method: string; path: string; text: string; authorization: string | undefined }[] = [];
const packets: string[] = [];
let place: Place;

before(async () => {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString();
      const { method, url, headers } = request;
      pushed.push({ method: method!, path: url!, text, authorization: headers.authorization });
      response.statusCode = text.includes("bad_") ? 400 : 200;
      response.end(text.includes("bad_") ? "pushed metrics are invalid" : "");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const udp = createSocket("udp4");
  udp.on("message", (bytes) => packets.push(bytes.toString()));
  udp.bind(0, "127.0.0.1");
  await once(udp, "listening");
  atEnd(() => {
    server.close();
    udp.close();
  });
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
  place = await openPlace({
    metrics: {
      plugin: "metrics_push",
      with: { url, job: "backup", labels: { path: "/var/lib" }, user: "me", password: "x" },
    },
    stats: { plugin: "metrics_push", with: { host: "127.0.0.1", port: udp.address().port, prefix: "attic." } },
  });
});

test("metrics go to the Pushgateway as its text, in the group of the settings", async () => {
  const size = { value: 12.5, type: "gauge", help: "Size\nof it", labels: { disk: 'a "b"' } };
  const { state, result, error } = await place.call("metrics", "pushgateway", { backup_files: 3, backup_size: size });
  assert.equal(state, "succeeded", error);
  assert.deepEqual(result, { pushed: 2 });
  const { method, path, text, authorization } = pushed.at(-1)!;
  const place64 = Buffer.from("/var/lib").toString("base64url");
  assert.deepEqual([method, path], ["POST", `/metrics/job/backup/path@base64/${place64}`]);
  assert.equal(authorization, `Basic ${Buffer.from("me:x").toString("base64")}`);
  assert.equal(
    text,
    "# TYPE backup_files gauge\nbackup_files 3\n" +
      '# HELP backup_size Size\\nof it\n# TYPE backup_size gauge\nbackup_size{disk="a \\"b\\""} 12.5\n',
  );
});

test("what the Pushgateway refuses, and what is no metric, fails with words", async () => {
  assert.match((await place.call("metrics", "main", { bad_one: 1 })).error, /answered 400: pushed metrics are invalid/);
  assert.match((await place.call("metrics", "main", { "no name": 1 })).error, /"no name" is no name of a metric/);
  assert.match((await place.call("metrics", "main", { a: "1" })).error, /the metric a must be a number/);
  assert.match((await place.task("metrics_push", "main", { metrics: { a: 1 } })).error, /it was not told where to/);
});

test("StatsD gets packets that fit into a frame, with tags", async () => {
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`tasks_that_ended_in_hour_${at}`, at]));
  const timed = { value: 31, type: "timer", labels: { zone: "cellar|1" } };
  const { state, result, error } = await place.call("stats", "statsd", { metrics: { ...many, timed } });
  assert.equal(state, "succeeded", error);
  const { sent, packets: count } = result as { sent: number; packets: number };
  assert.equal(sent, 61);
  const until = Date.now() + 5000;
  while (packets.length < count && Date.now() < until) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(packets.length, count);
  assert.ok(count > 1 && packets.every((packet) => packet.length <= 1400));
  const lines = packets.flatMap((packet) => packet.split("\n"));
  assert.equal(lines.length, 61);
  assert.equal(lines[5], "attic.tasks_that_ended_in_hour_5:5|g");
  assert.equal(lines[60], "attic.timed:31|ms|#zone:cellar_1");
});
