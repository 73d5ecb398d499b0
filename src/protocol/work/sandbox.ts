/**
 * What a command or a plugin is kept from, by the kernel of its worker: not by reading what it says. Each word is a label
 * of the workers whose kernel allows it (`sandbox.network`), so a task that asks for it waits for such a worker.
 */
import { z } from "zod";
import { Duration, Size } from "../common.ts";

const COUNT_FORM = "must be a whole number from 1 to 1000000";

/** `true` is short for all that costs no set-up: no network, a read-only file system but for its own folders, no other processes. */
export const Sandbox = z
  .union(
    [
      z
        .literal(true)
        .transform(() => ({ network: "none" as const, files: "readonly" as const, processes: "own" as const })),
      z.strictObject({
        /** `none`: no network, not even the loopback interface of the machine. */
        network: z.enum(["none", "host"]).optional(),
        /** `readonly`: it can write to its own folders (outputs, artifacts, temporary files) and to `write`, nowhere else. */
        files: z.enum(["readonly", "host"]).optional(),
        /** Folders that it may write to all the same: absolute paths. */
        write: z
          .array(z.string().startsWith("/", { error: "must be an absolute path" }))
          .max(32)
          .optional(),
        /** `own`: it sees no process but its own, and all of them end with it. */
        processes: z.enum(["own", "host"]).optional(),
        /** Name or number of the user that it runs as. */
        user: z.union([z.string().min(1), z.int().nonnegative().transform(String)]).optional(),
        /** Most memory that each of its processes may map. */
        memory: Size.optional(),
        /** Most CPU time of each of its processes. */
        cpuTime: Duration.optional(),
        /** Largest file that it may write. */
        fileSize: Size.optional(),
        /** Most files that each of its processes may have open. */
        openFiles: z
          .int({ error: COUNT_FORM })
          .min(1, { error: COUNT_FORM })
          .max(1_000_000, { error: COUNT_FORM })
          .optional(),
      }),
    ],
    { error: "must be true, or {network, files, write, processes, user, memory, cpuTime, fileSize, openFiles}" },
  )
  .meta({ id: "Sandbox" });
export type Sandbox = z.infer<typeof Sandbox>;
