import assert from "node:assert/strict";
import { test } from "node:test";
import { plainAnswer } from "./plain-answer.ts";

const asked = (...lines: string[]): string => plainAnswer(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
const HTML = "Accept: text/html,application/xhtml+xml";

test("a browser that comes by http:// is led to the same place by https://", () => {
  const page = asked("GET /ui/tasks?q=state:failed&x=1 HTTP/1.1", "Host: box.example:8000", HTML);
  assert.match(page, /^HTTP\/1\.1 400 Bad Request\r\ncontent-type: text\/html/);
  assert.match(page, /<a href="https:\/\/box\.example:8000\/ui\/tasks\?q=state:failed&#38;x=1">/);
  const [head = "", body = ""] = page.split("\r\n\r\n");
  assert.equal(Number(/content-length: (\d+)/.exec(head)![1]), Buffer.byteLength(body));
});

test("a program gets a problem, as everywhere", () => {
  for (const lines of [
    ["GET /api/v1/status HTTP/1.1", "Host: box", "Accept: */*"],
    ["POST /api/v1/tasks HTTP/1.1", "Host: box", HTML],
    ["\u0000\u0001\u0002"],
  ])
    assert.match(asked(...lines), /application\/problem\+json[^]*this server speaks HTTPS/);
});

test("what is no plain address does not come into the page", () => {
  for (const [host, path] of [
    ["evil.example/<script>", "/"],
    ["box", '/"><script>alert(1)</script>'],
    ["box", "//elsewhere.example"],
    ["user@box", "/"],
    ["", "/"],
  ] as const) {
    const page = asked(`GET ${path} HTTP/1.1`, `Host: ${host}`, HTML);
    assert.ok(!page.includes("<script"), page);
    const link = /<a href="([^"]*)"/.exec(page)?.[1];
    if (link !== undefined)
      assert.equal(new URL(link.replaceAll(/&#(\d+);/g, (_, n: string) => String.fromCharCode(Number(n)))).host, host);
  }
});
