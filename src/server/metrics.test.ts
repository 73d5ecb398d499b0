// GET /metrics: what Prometheus reads, and that each metric is documented.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Histograms, metricsText, SERIES_MAX } from "../base/metrics.ts";
import { startWithAccess } from "./access/testing.ts";
import { post, startHarness } from "./testing/harness.ts";

const LINE = /^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{\w+="[^"]*"(?:,\w+="[^"]*")*\})? (?:[-+.\de]+|\+Inf))$/;

/** Every metric that stands in the text, with the value of each series. */
function read(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const one of text.trimEnd().split("\n")) {
    assert.match(one, LINE);
    if (!one.startsWith("#")) values.set(one.slice(0, one.lastIndexOf(" ")), Number(one.slice(one.lastIndexOf(" "))));
  }
  return values;
}

test("tasks, workers and requests are counted from the first look on", async () => {
  await using h = await startHarness();
  const first = await h.ask("/metrics");
  assert.equal(first.status, 200);
  assert.match(first.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  await h.ask("/api/v1/tasks", post([{ shell: "true" }, { shell: "true", arm: "default" }]));
  await h.ask("/api/v1/tasks/t1");
  await h.ask("/api/v1/tasks/t2");
  await h.ask("/api/v1/nowhere");
  const seen = read(String((await h.ask("/metrics")).body));
  assert.equal(seen.get('octopus_tasks{state="queued",arm="default"}'), 2);
  assert.equal(seen.get('octopus_task_transitions_total{arm="default",type="shell",to="queued"}'), 2);
  assert.equal(seen.get('octopus_tasks_kept{state="queued"}'), 2);
  assert.equal(seen.get('octopus_http_request_seconds_count{route="/api/v1/tasks",code="201"}'), 1);
  assert.equal(seen.get('octopus_http_request_seconds_count{route="/api/v1/tasks/{id}",code="200"}'), 2);
  assert.equal(seen.get('octopus_http_request_seconds_count{route="other",code="404"}'), 1);
  assert.ok((seen.get("octopus_db_write_seconds_count") ?? 0) > 0);
  assert.ok((seen.get('octopus_oldest_queued_age_seconds{arm="default"}') ?? -1) >= 0);
});

test("where tokens are needed, the metrics ask for one that may look, and so do the pools", async () => {
  await using h = await startWithAccess();
  const { secret } = await h.token("viewer");
  const worker = await h.token("worker");
  for (const path of ["/metrics", "/api/v1/pools"]) {
    assert.equal((await h.as(undefined, "GET", path)).status, 401, path);
    assert.equal((await h.as(worker.secret, "GET", path)).status, 403, path);
    assert.equal((await h.as(secret, "GET", path)).status, 200, path);
  }
  const text = String((await h.as(secret, "GET", "/metrics")).body);
  assert.ok(!text.includes(secret));
  read(text);
});

test("every metric is documented, and every documented one is there", async () => {
  await using h = await startHarness();
  const text = String((await h.ask("/metrics")).body);
  const there = [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name!);
  const page = await readFile(new URL("../../docs/operate/metrics.md", import.meta.url), "utf8");
  const documented = [...page.matchAll(/^\| `(octopus_\w+)`/gm)].map(([, name]) => name!);
  assert.deepEqual(there.toSorted(), documented.toSorted());
});

test("a family has a bounded number of series, and values of labels are escaped", () => {
  const family = new Histograms("x_seconds", "Two\nlines.", ["name"]);
  for (let at = 0; at < SERIES_MAX + 500; at++) family.at(`n${at}`).observe(0.3);
  const values = [...family.lines()];
  assert.ok(values.includes('x_seconds_count{name="other"} 500'));
  assert.ok(
    values.includes('x_seconds_bucket{name="n1",le="0.25"} 0') &&
      values.includes('x_seconds_bucket{name="n1",le="0.5"} 1'),
  );
  const odd = new Histograms("y", "y", ["name"]);
  odd.at('a"\\\n').observe(1);
  assert.match(metricsText([odd]), /y_sum\{name="a\\"\\\\\\n"\} 1\n/);
  assert.match(metricsText([family]), /^# HELP x_seconds Two\\nlines\.\n# TYPE x_seconds histogram\n/);
});
