/** Octopus's own log: JSON lines, or text on a terminal, through pino. */
import { pino } from "pino";
import type { Config } from "./config/schema.ts";
import type { Log } from "./engine/ports.ts";

/** A logger by the settings `log.level`, `log.format` and `log.file`. */
export function createLog(settings: Config["log"]): Log {
  const { level, format, file } = settings;
  const destination = pino.destination({ dest: file ?? 2, sync: true, mkdir: true });
  const text = format === "text" || (format === "auto" && file === null && process.stderr.isTTY);
  const options = {
    level,
    base: null,
    messageKey: "msg",
    timestamp: () => `,"ts":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, text ? { write: (line: string) => destination.write(asText(line)) } : destination);
}

/** `12:00:01 info  worker connected  worker=a slots=4` */
function asText(line: string): string {
  const { ts, level, msg, ...fields } = JSON.parse(line) as { ts: string; level: string; msg: string };
  const rest = Object.entries(fields).map(
    ([key, value]) => ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return `${ts.slice(11, 19)} ${level.padEnd(5)} ${msg}${rest.join("")}\n`;
}
