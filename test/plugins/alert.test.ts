import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { before, test } from "node:test";
import { makeAuthority, makeServerCertificate } from "../../src/server/tls/make.ts";
import { atEnd, openPlace, type Place } from "./place.ts";
import { type Mail, startSmtpSink } from "./smtp-sink.ts";

/** The plugin `alert`, as an adapter and as a task, against a real web server and real SMTP servers. */
const got: { path: string; body: Record<string, unknown>; headers: IncomingHttpHeaders; text: string }[] = [];
let place: Place;
let url = "";
let plain: Awaited<ReturnType<typeof startSmtpSink>>;
let secure: Awaited<ReturnType<typeof startSmtpSink>>;

before(async () => {
  let busy = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString();
      const path = request.url!;
      got.push({ path, text, headers: request.headers, body: JSON.parse(text) as Record<string, unknown> });
      if (path === "/busy") response.statusCode = ++busy < 2 ? 503 : 200;
      if (path === "/gone") response.statusCode = 404;
      response.end(path === "/gone" ? "no_service" : "ok");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => server.close());
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const authority = await makeAuthority(Date.now());
  const tls = await makeServerCertificate(authority, ["localhost"], Date.now());
  plain = await startSmtpSink({ user: ["bell", "ding"], unknown: ["nobody@example.org"] });
  secure = await startSmtpSink({ tls, user: ["bell", "ding"] });
  const mail = { from: "octopus@example.org", to: ["ops@example.org", "night@example.org"] };
  process.env["OCTOPUS_TEST_MAIL_PASSWORD"] = "ding";
  const password = { env: "OCTOPUS_TEST_MAIL_PASSWORD" };
  place = await openPlace({
    chat: { plugin: "alert", with: { webhook: { url: `${url}/hook`, secret: "sealed" } } },
    busy: { plugin: "alert", with: { webhook: { url: `${url}/busy`, format: "json" } } },
    mail: {
      plugin: "alert",
      with: { smtp: { ...mail, host: "localhost", port: secure.port, user: "bell", password, ca: authority.cert } },
    },
    plain: { plugin: "alert", with: { smtp: { ...mail, host: "127.0.0.1", port: plain.port, security: "none" } } },
    wrong: {
      plugin: "alert",
      with: {
        webhook: [{ url: `${url}/gone` }, { url: `${url}/hook` }],
        smtp: { ...mail, host: "127.0.0.1", port: plain.port, security: "none", user: "bell", password: "dong" },
      },
    },
  });
});

test("a webhook gets the words of Slack, signed where a secret is set", async () => {
  const fields = { disk: "/dev/sdb", free: 3 };
  const { state, result, error } = await place.call("chat", "send", {
    ...{ text: "the disk is full", title: "attic", level: "error", fields },
  });
  assert.equal(state, "succeeded", error);
  assert.deepEqual(result, { sent: [new URL(url).host] });
  const { body, headers, text } = got.at(-1)!;
  assert.deepEqual(body, { text: "✖ attic\nthe disk is full\ndisk: /dev/sdb\nfree: 3" });
  assert.equal(headers["octopus-signature"], `sha256=${createHmac("sha256", "sealed").update(text).digest("hex")}`);
});

test("what answers 503 gets another try; all values go as JSON where that is asked for", async () => {
  const { state, error } = await place.call("busy", "send", "ready", "builds");
  assert.equal(state, "succeeded", error);
  const sent = got.filter(({ path }) => path === "/busy");
  assert.equal(sent.length, 2);
  const { text, title, level, task } = sent[1]!.body;
  assert.deepEqual([text, title, level, typeof task], ["ready", "builds", "info", "string"]);
});

const bodyOf = ({ text }: Mail): string => Buffer.from(text.split("\r\n\r\n")[1]!, "base64").toString();

test("a mail goes over STARTTLS, with a password of the worker's environment", async () => {
  const text = "Drehstrom läuft.\n.\nEnde";
  const { state, error } = await place.call("mail", "send", {
    text,
    title: "Größe: ein Betreff, der lang genug ist, um geteilt zu werden",
  });
  assert.equal(state, "succeeded", error);
  const mail = secure.mails.at(-1)!;
  assert.deepEqual(
    [mail.from, mail.to, mail.user, mail.isEncrypted],
    ["octopus@example.org", ["ops@example.org", "night@example.org"], "bell", true],
  );
  assert.match(bodyOf(mail), /Drehstrom läuft\.\r\n\.\r\nEnde$/);
  const subject = /^Subject: (.*(?:\r\n .*)*)/m.exec(mail.text)![1]!;
  const words = subject.split("\r\n ").map((word) => Buffer.from(word.slice(10, -2), "base64").toString());
  assert.equal(words.join(""), "Größe: ein Betreff, der lang genug ist, um geteilt zu werden");
});

test("a line break in a title is no header of its own", async () => {
  const { state, error } = await place.call("plain", "send", { text: "x", title: "one\r\nBcc: two@example.org" });
  assert.equal(state, "succeeded", error);
  assert.doesNotMatch(plain.mails.at(-1)!.text, /^Bcc:/m);
});

test("what one of the places did not take is told, and the others have it", async () => {
  const before = got.filter(({ path }) => path === "/hook").length;
  const { state, error } = await place.call("wrong", "send", "x");
  assert.equal(state, "failed");
  assert.match(error, /127\.0\.0\.1:\d+: it answered 404: no_service; mail by 127\.0\.0\.1: it answered "535 wrong/);
  assert.match(error, /\(it was taken by 127\.0\.0\.1:\d+\)/);
  assert.doesNotMatch(error, /dong|ZG9uZw/);
  assert.equal(got.filter(({ path }) => path === "/hook").length, before + 1);
});

test("it is a task, too, whose inputs are checked before it is taken", async () => {
  const smtp = {
    host: "127.0.0.1",
    port: plain.port,
    security: "none",
    from: "a@example.org",
    to: "nobody@example.org",
  };
  const { error } = await place.task("alert", "main", { text: "x", smtp });
  assert.match(error, /it answered "550 no such box" to RCPT TO:<nobody@example\.org>/);
  const nowhere = await place.task("alert", "send", { text: "x" });
  assert.match(nowhere.error, /it was not told where to/);
  await assert.rejects(place.task("alert", "send", { title: "x" }), /text/);
});
