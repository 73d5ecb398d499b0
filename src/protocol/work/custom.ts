/** Work for an executor that a worker was given at its start (`--executors`), by its name. */
import { z } from "zod";
import type { Json } from "../../base/words.ts";

/** Name of such an executor. */
export const ExecutorName = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, {
  error: "must begin with a small letter and hold at most 64 small letters, digits and -",
});

/** What it is given: the executor's own schema checks that, on the worker and as far as it is known here. */
export interface CustomWork {
  uses: string;
  with: Record<string, Json>;
}
