/** A command of the system, run by a shell. */
import { z } from "zod";
import { Duration, Env, Name, Size } from "../common.ts";
import { ShellOutput } from "./outputs.ts";
import { Sandbox } from "./sandbox.ts";

/** A command for a shell. */
export const ShellWork = z
  .strictObject({
    command: z.string().min(1, { error: "must not be empty" }),
    /** Program and arguments that run the command; the command is added last. Default: `/bin/sh -c`. */
    shell: z
      .union([
        z
          .string()
          .min(1)
          .transform((path) => [path, "-c"]),
        z.array(z.string()).min(1),
      ])
      .optional(),
    cwd: z.string().min(1).optional(),
    env: Env.optional(),
    stdin: z.string().optional(),
    /** Output kept per attempt; what comes after it is dropped, and the log says so. */
    maxOutput: Size.optional(),
    /** Time between TERM and KILL when the attempt is stopped. */
    grace: Duration.optional(),
    sandbox: Sandbox.optional(),
    /** By name what it is to leave as a result: lines of the file `$OCTOPUS_OUTPUT`, or its standard output. */
    outputs: z.record(Name, ShellOutput).optional(),
  })
  .meta({ id: "ShellWork" });
export type ShellWork = z.infer<typeof ShellWork>;
