/**
 * A real server that asks for tokens and speaks TLS: what it shows at its first start and never again, who gets in, and
 * that no secret is left anywhere. It listens on the loopback address, with both turned on by hand.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect } from "../../src/client/mod.ts";
import { type JoinToken, parseJoin } from "../../src/protocol/join.ts";
import { Octopus } from "../../src/mod.ts";
import { freePort } from "../server-process.ts";
import { Place, type Started, until } from "./place.ts";

const ON = { OCTOPUS_ACCESS_MODE: "on", OCTOPUS_TLS_MODE: "on" };
const place = new Place(ON);
let server: Started;
let admin = "";
let fingerprint = "";
let joinToken = "";
const url = (): string => `https://127.0.0.1:${place.port}`;

async function up(): Promise<Started> {
  const started = place.start(["up", "--port", String(place.port), "--data", place.data, "--no-demo", "--slots", "2"]);
  await until("the server is up", () => {
    assert.equal(started.child.exitCode, null, started.err());
    return started.out().includes("Ctrl-C");
  });
  return started;
}

/** A command on the server's machine, as its user. */
async function own(...args: string[]): Promise<{ code: number | string; out: string; err: string }> {
  const started = place.start(args, { env: { OCTOPUS_DATA_DIR: place.data } });
  return { code: await started.end, out: started.out(), err: started.err() };
}

/** A command on another machine, as far as it knows. */
async function remote(env: Record<string, string>, ...args: string[]) {
  const started = place.start(args, { env: { OCTOPUS_SERVER_URL: url(), ...env } });
  return { code: await started.end, out: started.out(), err: started.err() };
}

before(async () => {
  place.port = await freePort();
  server = await up();
  admin = /OCTOPUS_ACCESS_TOKEN=(octo_\w+)/.exec(server.out())![1]!;
  fingerprint = /OCTOPUS_ACCESS_FINGERPRINT=([0-9a-f]{64})/.exec(server.out())![1]!;
  joinToken = /octojoin_[\w-]+/.exec(server.out())![0];
});
after(() => place.close());

test("commands of the same user on the same machine need nothing; the worker beside the server is let in", async () => {
  const { code, out, err } = await own("submit", "--wait", "--", "echo", "hello");
  assert.deepEqual([code, out.trim()], [0, "t1  succeeded"], err);
  const file = join(place.data, "server.json");
  if (process.platform !== "win32") assert.equal(statSync(file).mode & 0o777, 0o600);
});

test("others need the fingerprint and a token; without one they are told what to do", async () => {
  const stranger = await remote({}, "ls");
  assert.equal(stranger.code, 3);
  assert.match(stranger.err, /signed by an authority that is not known here.*OCTOPUS_ACCESS_FINGERPRINT/s);
  const wrongCa = await remote({ OCTOPUS_ACCESS_FINGERPRINT: "ab".repeat(32) }, "ls");
  assert.equal(wrongCa.code, 3);
  assert.match(wrongCa.err, /is not the one that was meant/);
  const nobody = await remote({ OCTOPUS_ACCESS_FINGERPRINT: fingerprint }, "ls");
  assert.equal(nobody.code, 3);
  assert.match(nobody.err, /asks for a token: none was sent.*octopus token create/s);
  const known = await remote(
    { OCTOPUS_ACCESS_FINGERPRINT: fingerprint, OCTOPUS_ACCESS_TOKEN: admin },
    "ls",
    "-o",
    "quiet",
  );
  assert.deepEqual([known.code, known.out.trim()], [0, "t1"], known.err);
});

test("plain HTTP to the TLS port is told so", async () => {
  const text = await new Promise<string>((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: place.port, path: "/api/v1/tasks" }, (response) => {
      let body = "";
      response
        .on("data", (chunk) => (body += String(chunk)))
        .on("end", () => resolve(`${response.statusCode} ${body}`));
    });
    sent.on("error", reject).end();
  });
  assert.match(text, /^400 .*this server speaks HTTPS/);
});

test("the client and a program submit over TLS, by the quick way too, and run functions there", async () => {
  const client = connect(url(), { token: admin, fingerprint });
  const ids = await Promise.all(Array.from({ length: 50 }, () => client.submit({ call: "nobody" })));
  assert.equal(new Set(ids.map(({ id }) => id)).size, 50);
  await Promise.all(ids.map(({ id }) => client.cancelTask(id)));
  client.close();
  const functions = { double: (input: unknown) => (input as number) * 2 };
  const octopus = Octopus.connect(url(), { token: admin, fingerprint, functions, slots: 1 });
  const handle = await octopus.submit({ call: "double", input: 21 });
  assert.equal(await handle.result(), 42);
  await octopus.close();
});

test("a token that is made, used, listed and revoked; the audit log tells of all of it", async () => {
  const made = await own("token", "create", "--name", "ci", "--role", "viewer", "--expires", "1d", "-o", "json");
  const { id, secret } = JSON.parse(made.out) as { id: string; secret: string };
  const env = { OCTOPUS_ACCESS_FINGERPRINT: fingerprint, OCTOPUS_ACCESS_TOKEN: secret };
  assert.equal((await remote(env, "ls")).code, 0);
  const refused = await remote(env, "submit", "--", "true");
  assert.equal(refused.code, 1);
  assert.match(refused.err, /the role viewer of this token may not do this: it needs the role submitter/);
  assert.match((await own("token", "ls")).out, new RegExp(`${id}  ci +viewer .*active`));
  assert.match((await own("token", "revoke", id)).out, new RegExp(`${id}  ci  revoked`));
  const over = await remote(env, "ls");
  assert.deepEqual([over.code, /this token was revoked/.test(over.err)], [3, true], over.err);
  const log = (await own("audit", "-n", "100")).out;
  for (const row of [
    new RegExp(`local .*token\\.create +${id}`),
    new RegExp(`local .*token\\.revoke +${id}`),
    new RegExp(`${id} .*refused\\.role +POST /api/v1/tasks`),
    new RegExp(`${id} .*refused\\.token`),
    /task\.submit +t1/,
  ])
    assert.match(log, row);
});

test("a worker joins with what the first start printed", async () => {
  const worker = place.start(["worker", "--join", joinToken, "--name", "other", "--dir", join(place.dir, "other")]);
  await until("it is there", async () => /^other +online/m.test((await own("workers")).out));
  worker.child.kill("SIGTERM");
  await worker.end;
});

test("a second start shows no token; secrets are nowhere, and the file of this machine goes with the server", async () => {
  server.child.kill("SIGTERM");
  assert.equal(await server.end, 0);
  assert.ok(!existsSync(join(place.data, "server.json")));
  const said = server.err();
  server = await up();
  assert.doesNotMatch(server.out(), /octo_|octojoin_/);
  assert.ok(server.out().replaceAll(" ", "").includes(fingerprint));
  assert.equal((await own("ls", "-o", "quiet", "--limit", "1")).code, 0);
  const secrets = [admin, (parseJoin(joinToken) as JoinToken).token].map((token) => token.slice(14));
  const texts = [said, server.err(), ...filesIn(place.data).filter((path) => !path.endsWith("server.json"))];
  for (const secret of secrets)
    for (const text of texts) assert.ok(!contentOf(text).includes(secret), `a secret is in ${text.slice(0, 200)}`);
});

function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function contentOf(textOrPath: string): string {
  return existsSync(textOrPath) ? readFileSync(textOrPath, "latin1") : textOrPath;
}
