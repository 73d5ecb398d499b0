/** When and how often a failed task is tried again, as people write it. */
import { z } from "zod";
import { Duration } from "./common.ts";
import { suggestKeys } from "./parse.ts";

const RETRY_LIMIT = z.int().min(0).max(1000);

/** What failures of one sort get in place of the rest. The first rule that fits counts. */
const RetryRule = z.strictObject({
  exitCodes: z.array(z.int().min(0).max(255)).min(1).optional(),
  /** Classes of errors: `TypeError`, `timeout`, `exit`, `http`. */
  errors: z.array(z.string().min(1).max(200)).min(1).optional(),
  /** HTTP statuses, or classes of them: 429, "5xx". */
  statuses: z
    .array(
      z.union(
        [
          z.int().min(100).max(599),
          z
            .string()
            .regex(/^[1-5]xx$/)
            .transform((text) => Number(text[0])),
        ],
        { error: 'must be a status such as 429, or a class such as "5xx"' },
      ),
    )
    .min(1)
    .optional(),
  limit: RETRY_LIMIT.optional(),
  backoff: z.enum(["fixed", "exponential"]).optional(),
  delay: Duration.optional(),
  maxDelay: Duration.optional(),
});

/** When and how often a failed task is tried again. */
export const Retries = z
  .union(
    [
      z
        .int()
        .min(0)
        .max(1000)
        .transform((limit) => ({ limit })),
      z.strictObject({
        /** Tries after the first. */
        limit: z.int().min(0).max(1000),
        backoff: z.enum(["fixed", "exponential"]).optional(),
        /** Wait before the first retry. Default 1s. */
        delay: Duration.optional(),
        /** Longest wait. Default 10m. */
        maxDelay: Duration.optional(),
        /** Share of the wait that is drawn at random, 0 to 1. Default 0.2. */
        jitter: z.number().min(0).max(1).optional(),
        /** Exit codes that are worth another try; absent = all. */
        exitCodes: z.array(z.int().min(0).max(255)).optional(),
        /** Exceptions, by exit code, class of error or HTTP status. */
        rules: z.array(RetryRule).max(32).optional(),
      }),
    ],
    {
      error:
        "must be a number of retries from 0 to 1000, or {limit, backoff, delay, maxDelay, jitter, exitCodes, rules}",
    },
  )
  .meta({ id: "Retries" });
export type Retries = z.infer<typeof Retries>;

suggestKeys(["limit", "backoff", "maxDelay", "jitter", "exitCodes", "rules", "errors", "statuses"]);
