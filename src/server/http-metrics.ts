/**
 * How long requests take and how late the event loop is. Nothing is measured before somebody has asked for the metrics
 * once.
 *
 * MX3  A route is named by its pattern, `/api/v1/tasks/{id}`, never by what somebody wrote.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Gauge, Histograms, metricsText } from "../base/metrics.ts";

const RESOLUTION_MS = 20;
const QUANTILES = [0.5, 0.99, 1];
type LoopDelay = ReturnType<typeof monitorEventLoopDelay>;

export class HttpMetrics {
  readonly #seconds = new Histograms("octopus_http_request_seconds", "Answers to requests.", ["route", "code"]);
  readonly #routes = new WeakMap<IncomingMessage, string>();
  #delay: LoopDelay | undefined;

  /** A request has come in. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    if (this.#delay === undefined) return;
    const since = performance.now();
    response.once("close", () => {
      const route = this.#routes.get(request) ?? "other";
      this.#seconds.at(route, String(response.statusCode)).observe((performance.now() - since) / 1000);
    });
  }

  /** It is for this route. */
  route(request: IncomingMessage, route: string): void {
    if (this.#delay !== undefined) this.#routes.set(request, route);
  }

  text(): string {
    if (this.#delay === undefined) {
      this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      this.#delay.enable();
    }
    const delay = this.#delay;
    const text = metricsText([
      this.#seconds,
      new Gauge("octopus_event_loop_lag_seconds", "Lateness of the event loop since the last look.", () =>
        QUANTILES.map((quantile) => ({ labels: { quantile: String(quantile) }, value: lagOf(delay, quantile) })),
      ),
      new Gauge("octopus_process_resident_bytes", "Memory of the server's process.", () => process.memoryUsage.rss()),
      new Gauge(
        "octopus_process_cpu_seconds_total",
        "Processor time of the server's process.",
        () => {
          const { user, system } = process.cpuUsage();
          return (user + system) / 1e6;
        },
        "counter",
      ),
    ]);
    delay.reset();
    return text;
  }

  close(): void {
    this.#delay?.disable();
  }
}

/** What is measured is the time between two looks, so an idle loop shows the resolution. */
function lagOf(delay: LoopDelay, quantile: number): number {
  if (delay.count === 0) return 0;
  const nanoseconds = quantile === 1 ? delay.max : delay.percentile(quantile * 100);
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS) / 1000;
}
