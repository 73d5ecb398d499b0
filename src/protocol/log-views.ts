/** What the API answers about output by its lines. */
import { z } from "zod";
import { LogLine } from "./views.ts";

/** Which lines of an attempt there are. Lines are numbered from 1; the oldest may have been removed already. */
export const LogExtent = z
  .object({
    /** 0: the task has not run yet. */
    attempt: z.int(),
    /** Absent when there is no output. */
    firstLine: z.int().optional(),
    /** 0 when there is no output. */
    lastLine: z.int(),
  })
  .meta({ id: "LogExtent" });
export type LogExtent = z.infer<typeof LogExtent>;

export const LogPage = LogExtent.extend({ items: z.array(LogLine) }).meta({ id: "LogPage" });
export type LogPage = z.infer<typeof LogPage>;

/** A line that was looked for. */
export const LogHit = z.object({
  line: z.int(),
  stream: LogLine.shape.stream,
  /** The line around what was found, without escape sequences. */
  text: z.string(),
});
export type LogHit = z.infer<typeof LogHit>;

export const LogFound = z
  .object({
    items: z.array(LogHit),
    /** Position to go on after; absent = everything was looked at. */
    next: z.int().optional(),
    /** The line up to which was looked. */
    readTo: z.int(),
    /** Looking for errors: the first line on standard error, where no line reads like one. */
    firstStderr: z.int().optional(),
  })
  .meta({ id: "LogFound" });
export type LogFound = z.infer<typeof LogFound>;

/** Which part: after or before a position, from a line on, or the newest lines; else from the beginning. */
export interface LogPart {
  attempt?: number | undefined;
  after?: number | undefined;
  before?: number | undefined;
  line?: number | undefined;
  tail?: number | undefined;
  limit?: number | undefined;
  /** Most output, but at least one piece. */
  bytes?: number | undefined;
}

export interface LogSearch {
  attempt?: number | undefined;
  /** Absent: lines that read like an error. */
  text?: string | undefined;
  /** Capitals count. */
  exact?: boolean | undefined;
  after?: number | undefined;
  limit?: number | undefined;
}
