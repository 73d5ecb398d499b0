/** Addresses that a server of a cluster has told a worker of, beside the one that it was given. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { keepServers, knownServers } from "../known-servers.ts";
import { ServerAccess } from "./server-access.ts";

const fingerprint = "0".repeat(64);

function allOf(server: ServerAccess): string[] {
  return Array.from({ length: server.addresses }, () => {
    const { url } = server;
    server.next();
    return url;
  });
}

test("the servers of a cluster are tried after those that were given, and the one in use stays in use", () => {
  const told: string[][] = [];
  const server = new ServerAccess({ urls: ["http://a:1", "http://b:1"], learned: (urls) => told.push([...urls]) });
  server.next();
  server.learn(["http://c:1", "http://b:1", "not an address", "https://d:1"]);
  assert.equal(server.url, "http://b:1");
  assert.deepEqual(allOf(server), ["http://b:1", "http://c:1", "https://d:1", "http://a:1"]);
  server.next();
  // The cluster has changed while the worker talked to a server that it does not name any more.
  server.learn(["http://e:1"]);
  assert.equal(server.url, "http://c:1");
  assert.ok(server.isLearned);
  assert.deepEqual(allOf(server), ["http://c:1", "http://e:1", "http://a:1", "http://b:1"]);
  server.learn(["http://e:1"]);
  assert.deepEqual(told, [["http://c:1", "http://b:1", "https://d:1"], ["http://e:1"]]);
});

test("a worker that came over TLS takes no address without it", () => {
  const server = new ServerAccess({ urls: ["https://a:1"], fingerprint });
  server.learn(["http://b:1", "https://c:1"]);
  assert.deepEqual(allOf(server), ["https://a:1", "https://c:1"]);
});

test("they outlive the process, for the address that the worker was given", () => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-known-"));
  try {
    assert.deepEqual(knownServers(dir, "http://a:1"), []);
    keepServers(dir, { given: "http://a:1", urls: ["http://b:1", "nonsense"] });
    assert.deepEqual(knownServers(dir, "http://a:1"), ["http://b:1"]);
    assert.deepEqual(knownServers(dir, "http://x:1"), []);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
