// /// octopus
// description: Pushes figures to a Prometheus Pushgateway, or to a StatsD server over UDP.
// timeout: 1m
// actions:
//   pushgateway:
//     description: Replaces the metrics of these names in their group.
//     inputs: &inputs
//       type: object
//       required: [metrics]
//       properties:
//         metrics: { type: object, description: "By name a number, or {value, type, help, labels}." }
//         job: { type: string, description: "Of the Pushgateway; default: octopus." }
//         labels: { type: object, description: More labels of the group. }
//         url: { type: string, description: "Of the Pushgateway, where no settings say it." }
//         host: { type: string, description: "Of the StatsD server, where no settings say it." }
//         port: { type: integer, minimum: 1, maximum: 65535 }
//     args: [metrics]
//   statsd: { description: "Sends them as packets, which nobody answers.", inputs: *inputs, args: [metrics] }
//   main: { description: "The one of both that the settings name.", inputs: *inputs, args: [metrics] }
// ///
/**
 * Pushes figures to where they are watched. As an adapter its settings say where to; called as a task, the same stand among
 * its inputs.
 */
import { createSocket } from "node:dgram";

interface Metric {
  value: number;
  /** Prometheus: gauge (default), counter or untyped; StatsD: g (default), c, ms, h. */
  type?: string;
  help?: string;
  labels?: Record<string, string>;
}

interface Settings {
  metrics: Record<string, number | Metric>;
  job?: string;
  /** Labels of the group (Pushgateway), or of each metric (StatsD, as `#name:value`). */
  labels?: Record<string, string>;
  /** Of the Pushgateway: `http://push.example.org:9091`. */
  url?: string;
  user?: string;
  password?: string;
  /** Of the StatsD server. */
  host?: string;
  port?: number;
  /** Before each name of StatsD. */
  prefix?: string;
}

interface Context {
  config?: Partial<Settings>;
  signal: AbortSignal;
}

const TRY_MS = 10_000;
/** Fits into one frame on any network. */
const PACKET_BYTES = 1400;

export function main(...values: unknown[]): Promise<unknown> {
  const { url, host } = settingsOf(values);
  if (url !== undefined) return pushgateway(...values);
  if (host !== undefined) return statsd(...values);
  throw new Error("it was not told where to: set `url` (Pushgateway) or `host` (StatsD)");
}

export async function pushgateway(...values: unknown[]): Promise<{ pushed: number }> {
  const { signal } = values.at(-1) as Context;
  const { metrics, url, job = "octopus", labels = {}, user, password } = settingsOf(values);
  if (url === undefined || !/^https?:\/\//.test(url))
    throw new Error("`url` must be the address of a Pushgateway, such as http://push.example.org:9091");
  const path = ["job", job, ...Object.entries(labels).flat()];
  const parts: string[] = [];
  for (let at = 0; at < path.length; at += 2) parts.push(pathPart(path[at]!, String(path[at + 1])));
  const text = metrics.map(([name, metric]) => prometheusText(name, metric)).join("");
  const authorization = `Basic ${Buffer.from(`${user ?? ""}:${password ?? ""}`).toString("base64")}`;
  const answer = await fetch(`${url.replace(/\/+$/, "")}/metrics/${parts.join("/")}`, {
    method: "POST",
    body: text,
    headers: { "content-type": "text/plain; version=0.0.4", ...(user !== undefined && { authorization }) },
    signal: AbortSignal.any([signal, AbortSignal.timeout(TRY_MS)]),
  });
  const said = (await answer.text()).trim().slice(0, 300);
  if (!answer.ok) throw new Error(`the Pushgateway answered ${answer.status}${said === "" ? "" : `: ${said}`}`);
  return { pushed: metrics.length };
}

export async function statsd(...values: unknown[]): Promise<{ sent: number; packets: number }> {
  const { metrics, host, port = 8125, prefix = "", labels = {} } = settingsOf(values);
  if (host === undefined || host === "") throw new Error("`host` must name a StatsD server");
  const lines = metrics.map(([name, { value, type = "g", labels: own }]) => {
    const tags = Object.entries({ ...labels, ...own }).map(([key, tag]) => `${cleaned(key)}:${cleaned(tag)}`);
    return `${prefix}${cleaned(name)}:${value}|${STATSD_TYPES[type] ?? type}${tags.length === 0 ? "" : `|#${tags.join(",")}`}`;
  });
  const packets: string[] = [];
  for (const line of lines) {
    const last = packets.at(-1);
    if (last !== undefined && Buffer.byteLength(last) + line.length < PACKET_BYTES)
      packets.push(`${packets.pop()!}\n${line}`);
    else packets.push(line);
  }
  const socket = createSocket({ type: host.includes(":") ? "udp6" : "udp4" });
  try {
    for (const packet of packets)
      await new Promise<void>((resolve, reject) =>
        socket.send(packet, port, host, (error) => (error === null ? resolve() : reject(error))),
      );
  } finally {
    socket.close();
  }
  return { sent: lines.length, packets: packets.length };
}

const STATSD_TYPES: Record<string, string> = { gauge: "g", counter: "c", timer: "ms", histogram: "h" };
const NAME = /^[A-Za-z_:][A-Za-z0-9_:]*$/;

function settingsOf(values: unknown[]): Omit<Settings, "metrics"> & { metrics: [string, Metric][] } {
  const { config } = values.at(-1) as Context;
  const [first] = values.slice(0, -1) as Record<string, unknown>[];
  // The metrics alone, or among other values by name.
  const given = first === undefined ? {} : "metrics" in first ? first : { metrics: first };
  const settings = { ...config, ...given } as Settings;
  const metrics = Object.entries(settings.metrics ?? {}).map(([name, said]): [string, Metric] => {
    const metric = typeof said === "number" ? { value: said } : said;
    if (typeof metric?.value !== "number" || !Number.isFinite(metric.value))
      throw new Error(`the metric ${name} must be a number or {value: number}, not ${JSON.stringify(said)}`);
    return [name, metric];
  });
  if (metrics.length === 0) throw new Error("`metrics` is missing: by name a number, or {value, type, help, labels}");
  return { ...settings, metrics };
}

function prometheusText(name: string, { value, type = "gauge", help, labels = {} }: Metric): string {
  if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a metric: letters, digits, _ and :`);
  const pairs = Object.entries(labels).map(([key, said]) => `${key}="${escaped(said).replaceAll('"', '\\"')}"`);
  const head = help === undefined ? "" : `# HELP ${name} ${escaped(help)}\n`;
  return `${head}# TYPE ${name} ${type}\n${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`;
}

function escaped(text: unknown): string {
  return String(text).replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/** A value with a slash, or none at all, goes in base64, as the Pushgateway has it. */
function pathPart(name: string, value: string): string {
  const isPlain = value !== "" && !value.includes("/");
  if (isPlain) return `${encodeURIComponent(name)}/${encodeURIComponent(value)}`;
  return `${encodeURIComponent(name)}@base64/${Buffer.from(value).toString("base64url") || "="}`;
}

function cleaned(text: string): string {
  // oxlint-disable-next-line no-unnecessary-type-conversion -- a tag may be a number
  return String(text).replace(/[:|@#,\s]/g, "_");
}
