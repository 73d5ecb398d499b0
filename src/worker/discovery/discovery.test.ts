/** Listening on the loopback interface to announcements made there by hand, good ones and others. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Bonjour } from "bonjour-service";
import { merge, readAnnounced } from "./announced.ts";
import { hostInUrl } from "./forms.ts";
import { interfacesOf, listen } from "./listen.ts";
import { namesOf, search } from "./search.ts";

const fp = "ab".repeat(32);
const good = { v: "1", id: "c1", name: "attic", fp, port: "8000", addr: "192.0.2.7,2001:db8::7" };

test("what is announced is read, and what is odd is not", () => {
  assert.deepEqual(readAnnounced(good, "192.0.2.7"), {
    cluster: "c1",
    name: "attic",
    fingerprint: fp,
    urls: ["https://192.0.2.7:8000", "https://[2001:db8::7]:8000"],
  });
  assert.deepEqual(readAnnounced({ ...good, fp: "" }, undefined)?.urls[0], "http://192.0.2.7:8000");
  for (const odd of [
    { v: "2" },
    { id: "" },
    { name: "two\u001b[2Jlines" },
    { name: "x".repeat(200) },
    { fp: "abc" },
    { port: "0" },
    { port: "99999" },
    { addr: "evil.example,/etc" },
  ])
    assert.equal(readAnnounced({ ...good, ...odd }, undefined), undefined, JSON.stringify(odd));
  assert.deepEqual([hostInUrl("fe80::1%eth0"), hostInUrl("::1"), hostInUrl("1.2.3")], [undefined, "[::1]", undefined]);
});

test("a server on two networks is one; a second one under its id is not", () => {
  const one = readAnnounced(good, undefined)!;
  const there = { ...one, urls: ["https://198.51.100.1:8000"] };
  assert.deepEqual(merge([one], there), [{ ...one, urls: [...one.urls, ...there.urls] }]);
  assert.equal(merge([one], { ...one, fingerprint: "cd".repeat(32) }).length, 2);
});

const publishers: Bonjour[] = [];
after(() => {
  for (const publisher of publishers) publisher.destroy();
});

function announce(txt: Record<string, string>): void {
  const bonjour = new Bonjour({ interface: "127.0.0.1", bind: "0.0.0.0" } as object);
  publishers.push(bonjour);
  bonjour.publish({
    name: `${txt["name"]} ${txt["id"]}`,
    type: "octopus",
    port: Number(txt["port"]),
    txt,
    probe: false,
  });
}

test("servers are heard on an interface, chosen by name or by what was trusted; several are listed", async () => {
  const loopback = interfacesOf(["127.0.0.1"]);
  assert.match(namesOf(loopback), /^\w+ \(127\.0\.0\.1\)$/);
  const mark = `t${process.pid}`;
  announce({ ...good, id: `${mark}a`, name: `${mark}-attic` });
  announce({ ...good, id: `${mark}b`, name: `${mark}-cellar`, fp: "", port: "9000" });
  const listening = await listen(loopback);
  try {
    const said: string[] = [];
    const options = { say: (text: string) => said.push(text), isKnown: () => false };
    const attic = await search(listening, { ...options, cluster: `${mark}-attic` });
    assert.deepEqual([attic.cluster, attic.fingerprint], [`${mark}a`, fp]);
    assert.ok(attic.urls.includes("https://192.0.2.7:8000"));
    while (listening.servers().filter(({ cluster }) => cluster.startsWith(mark)).length < 2) await listening.changed();
    await assert.rejects(
      search(listening, { ...options, cluster: mark }),
      (error: Error) =>
        /--cluster NAME or --server URL/.test(error.message) && error.message.includes(`${mark}-cellar`),
    );
    const known = {
      ...options,
      cluster: mark,
      isKnown: ({ fingerprint }: { fingerprint?: string | undefined }) => fingerprint === undefined,
    };
    assert.equal((await search(listening, known)).name, `${mark}-cellar`);
    assert.deepEqual(said, []);
  } finally {
    listening.stop();
  }
});

test("where nothing is heard a person reads on which interfaces, and what to try; the search goes on", async () => {
  const listening = await listen([]);
  const over = new AbortController();
  const said: string[] = [];
  const options = { isKnown: () => false, say: (text: string) => (said.push(text), over.abort(new Error("enough"))) };
  await assert.rejects(search(listening, { ...options, signal: over.signal }), /enough/);
  assert.match(said[0]!, /No server has answered within 5 s on no interface[^]*--server https[^]*--join TOKEN[^]*WSL/);
  listening.stop();
});
