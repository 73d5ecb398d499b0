// 100,000 tasks in one request, in both forms, while another client is served.
import assert from "node:assert/strict";
import { test } from "node:test";
import { post, startHarness } from "./testing/harness.ts";

test("100,000 tasks are taken in one request, and others are served meanwhile", async () => {
  await using h = await startHarness({ limits: { bodyBytes: 64 * 1024 * 1024, taskBytes: 1024 * 1024 } });
  const lines = Array.from({ length: 100_000 }, (_, i) =>
    JSON.stringify({ call: "noop", input: { i, note: "ä".repeat(40) } }),
  );
  const forms: [body: string, type: string][] = [
    [`[${lines.join(",\n")}]`, "application/json"],
    [lines.join("\n"), "application/x-ndjson"],
  ];
  for (const [body, type] of forms) {
    let served = 0;
    let busy = true;
    const others = (async () => {
      while (busy) {
        assert.equal((await h.ask("/livez")).status, 200);
        served++;
      }
    })();
    const answer = await h.ask("/api/v1/tasks", post(body, type));
    busy = false;
    await others;
    assert.equal(answer.status, 201);
    assert.equal(answer.body.count, 100_000);
    assert.equal(new Set(answer.body.ids).size, 100_000);
    assert.ok(served > 0);
  }
  assert.equal(h.count(), 200_000);
});
