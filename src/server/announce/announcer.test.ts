// A real responder and a real searcher, on the loopback interface and a port of their own: nothing leaves this machine.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { Bonjour } from "bonjour-service";
import { announce } from "./announcer.ts";
import { outletsOf } from "./interfaces.ts";

async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

const quiet = (): void => {};
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const loopback = { interfaces: ["lo"], host: "0.0.0.0" };

test("a server that announces itself is found with all that a worker needs, and says goodbye", async () => {
  const multicastPort = await freePort();
  const fingerprint = "ab".repeat(32);
  const announcer = await announce({
    ...{ ...loopback, name: "attic", cluster: "c1234567890", fingerprint, port: 8123, log, multicastPort },
  });
  assert.deepEqual(
    announcer.outlets().map(({ name, address }) => [name, address]),
    [["lo", "127.0.0.1"]],
  );
  const searcher = new Bonjour({ interface: "127.0.0.1", bind: "0.0.0.0", port: multicastPort } as object);
  const browser = searcher.find({ type: "octopus" });
  if (browser.services.length === 0) await once(browser, "up");
  const [service] = browser.services;
  assert.equal(service!.port, 8123);
  assert.deepEqual(service!.txt, {
    ...{ v: "1", id: "c1234567890", name: "attic", port: "8123", addr: "127.0.0.1", fp: fingerprint },
  });
  const down = once(browser, "down");
  await announcer.stop();
  await down;
  await announcer.stop();
  browser.stop();
  await new Promise<void>((resolve) => searcher.destroy(() => resolve()));
});

test("where there is no such interface, the server goes on without", async () => {
  const told: string[] = [];
  const warn = (_fields: object, message: string): void => void told.push(message);
  const where = { interfaces: ["nothing0"], host: "0.0.0.0" };
  const announcer = await announce({ ...where, name: "n", cluster: "c", port: 1, log: { ...log, warn } });
  assert.deepEqual(announcer.outlets(), []);
  assert.match(told[0]!, /no network interface/);
  await announcer.stop();
});

test("a server is announced where it can be reached: on the interface of its address, or on all but the loopback one", () => {
  const info = (address: string, internal = false) => ({
    ...{ address, internal, family: "IPv4" as const, netmask: "", mac: "", cidr: null },
  });
  const all = {
    lo: [info("127.0.0.1", true)],
    eth0: [info("10.0.0.5"), info("10.0.0.6")],
    wlan0: [info("192.168.1.2")],
  };
  const names = (interfaces: string[], host: string): string[] =>
    outletsOf({ interfaces, host }, all).map(({ name, addresses }) => `${name} ${addresses.join(" ")}`);
  assert.deepEqual(names([], "0.0.0.0"), ["eth0 10.0.0.5 10.0.0.6", "wlan0 192.168.1.2"]);
  assert.deepEqual(names([], "10.0.0.6"), ["eth0 10.0.0.6"]);
  assert.deepEqual(names(["wlan0"], "::"), ["wlan0 192.168.1.2"]);
  assert.deepEqual(names(["192.168.1.2"], "10.0.0.6"), []);
  assert.deepEqual(names(["lo"], "localhost"), ["lo 127.0.0.1"]);
  assert.deepEqual(names([], "127.0.0.1"), []);
});
