/**
 * Octopus's own log: JSON lines, or text on a terminal. Its lines are few, so each is written before the call returns:
 * what was logged is there after a crash.
 *
 * LG1  Logging never throws: what cannot be written or said is lost, and the work goes on.
 */
import { mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../config/schema.ts";
import type { Log } from "../engine/ports.ts";

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
type Level = keyof Log;

const STDERR = 2;
/** Between two tries to write to a pipe whose reader is slow. */
const FULL_PIPE_MS = 20;

/** A logger by the settings `log.level`, `log.format` and `log.file`. */
export function createLog(settings: Config["log"]): Log {
  const { level, format, file } = settings;
  const write = writerTo(file === null ? STDERR : open(file));
  const isText = format === "text" || (format === "auto" && file === null && process.stderr.isTTY);
  const line = isText ? textLine : jsonLine;
  const least = LEVELS.indexOf(level);
  const at = (name: Level): Log[Level] =>
    LEVELS.indexOf(name) < least ? () => undefined : (fields, message) => write(line(name, fields, message));
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** The same, with these fields on every line that does not say them itself. */
export function logWith(log: Log, common: Record<string, unknown>): Log {
  const at =
    (level: Level): Log[Level] =>
    (fields, message) =>
      log[level]({ ...common, ...fields }, message);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function open(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  return openSync(file, "a");
}

/** `{"level":"info","ts":"2026-05-01T12:00:01.000Z","worker":"a","slots":4,"msg":"worker connected"}` */
function jsonLine(level: Level, fields: Record<string, unknown>, msg: string): string {
  return `${said({ level, ts: new Date().toISOString(), ...fields, msg }) ?? said({ level, msg })}\n`;
}

/** `12:00:01 info  worker connected  worker=a slots=4` */
function textLine(level: Level, fields: Record<string, unknown>, msg: string): string {
  const rest = Object.entries(fields).map(([key, value]) => {
    const text = typeof value === "string" ? value : said(value);
    return text === undefined ? "" : ` ${key}=${text}`;
  });
  return `${new Date().toISOString().slice(11, 19)} ${level.padEnd(5)} ${msg}${rest.join("")}\n`;
}

/** As JSON; undefined for what has no such form. */
function said(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_key, part: unknown) => {
      if (part instanceof Error) return errorFields(part);
      return typeof part === "bigint" ? String(part) : part;
    });
  } catch {
    // It holds itself, or its own toJSON fails.
    return undefined;
  }
}

/** An error has no fields that JSON would show; those that a system call adds (its code, its path) it has. */
function errorFields(error: Error): object {
  const { name, message, stack, cause } = error;
  return Object.assign({}, error, { type: name, message, stack }, cause !== undefined && { cause });
}

/** Writes whole lines in order. Waits for a reader that is slow; once there is none any more, nothing is written. */
function writerTo(fd: number): (line: string) => void {
  let isGone = false;
  return (line) => {
    let rest = Buffer.from(line);
    while (rest.length > 0 && !isGone) {
      try {
        rest = rest.subarray(writeSync(fd, rest));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== "EAGAIN") {
          isGone = code === "EPIPE";
          return;
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_MS);
      }
    }
  };
}
