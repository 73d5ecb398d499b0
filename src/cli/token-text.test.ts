/** What is printed beside a join token. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeJoin } from "../protocol/join.ts";
import { joinText } from "./commands/token-create.ts";

const token = `octo_aaaaaaaa_${"b".repeat(43)}`;

test("a join token of a server that listens on the loopback address says that others cannot reach it", () => {
  for (const urls of [["http://127.0.0.1:8000"], ["https://[::1]:8000", "https://localhost:8000"]])
    assert.match(
      joinText(encodeJoin({ urls, token })),
      /\nOnly this machine can reach the server; .*--host 0\.0\.0\.0/,
    );
  const urls = ["https://192.168.1.5:8000", "https://127.0.0.1:8000"];
  assert.doesNotMatch(joinText(encodeJoin({ urls, token })), /Only this machine/);
});
