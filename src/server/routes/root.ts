/** What stands at the root: health, version, the API's description, and a page for a person. */
import { OctopusError } from "../../base/errors.ts";
import { createDescription } from "../openapi.ts";
import { homePage } from "../home-page.ts";
import { type App, json, jsonText, requireRole } from "../route.ts";
import { LEADER_MS_MAX } from "../forward/forwarder.ts";
import type { ServerScope } from "../scope.ts";

export function addRootRoutes(app: App, scope: ServerScope): void {
  const { engine, version, cluster } = scope.options;
  const checkReady = ({ isForReads = false } = {}): void => {
    if (scope.closing.aborted) throw new OctopusError("not_ready", "the server is stopping", { retryable: true });
    const reason = cluster?.notReady();
    if (reason !== undefined) throw new OctopusError("not_ready", reason, { retryable: true });
    // Until then requests wait: a fail-over takes no server out of a balancer.
    const ledMs = isForReads ? 0 : (cluster?.ledMs() ?? 0);
    if (ledMs > LEADER_MS_MAX) throw new OctopusError("not_ready", unledWords(ledMs), { retryable: true });
    if (!engine.ready())
      throw new OctopusError("not_ready", "the engine is starting, recovering or stopping", { retryable: true });
  };
  /** The process answers. Nothing else is asked: a restart would not mend a full disk. */
  app.get("/livez", () => new Response("ok\n", { headers: { "content-type": "text/plain" } }));
  app.get("/readyz", (context) => {
    const what = context.req.query("for");
    if (what !== undefined && what !== "reads")
      throw new OctopusError("invalid", `for=${what} is not known: it may be "reads", or left out`);
    checkReady({ isForReads: what === "reads" });
    return new Response("ready\n", { headers: { "content-type": "text/plain" } });
  });
  const forViewers = requireRole(scope, "viewer");
  app.get("/healthz", forViewers, () => {
    checkReady();
    const { state, startedAt, counts } = engine.status();
    return json({ status: "ok", version, state, startedAt, counts });
  });
  app.get("/metrics", forViewers, (context) => {
    scope.metrics.route(context.env.incoming, "/metrics");
    const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
    const ofCluster = cluster === undefined ? "" : cluster.metrics() + scope.front!.metrics();
    return new Response(engine.metrics() + scope.metrics.text() + ofCluster, { headers });
  });
  app.get("/version", () => json({ name: "octopus", version, api: "v1", node: process.versions.node }));

  let description: string | undefined;
  app.get("/openapi.json", () =>
    jsonText((description ??= JSON.stringify(createDescription(app, version, scope.prefix)))),
  );
  app.get("/", forViewers, () => {
    const headers = {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      "cache-control": "no-store",
    };
    return new Response(homePage(version, engine.ready() ? engine.status() : undefined, scope.prefix), { headers });
  });
}

function unledWords(ledMs: number): string {
  const since = ledMs === Infinity ? "yet" : `for ${Math.round(ledMs / 1000)} s`;
  return `no server of the cluster is heard to lead ${since}: it can be read here (/readyz?for=reads), and nothing can be changed`;
}
