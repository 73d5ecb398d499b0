/** What a command leaves as its results. */
import { z } from "zod";
import { Size } from "../common.ts";
import { OUTPUT_TYPES } from "../node.ts";

/** What a command leaves under one name. Its type is that of the text, unless another one is said. */
export const ShellOutput = z
  .union(
    [
      z.enum(OUTPUT_TYPES).transform((type) => ({ from: "file" as const, type })),
      z.strictObject({
        from: z.enum(["file", "stdout"]).default("file"),
        type: z.enum(OUTPUT_TYPES).optional(),
        /** Largest value in bytes; more is a failure. */
        max: Size.optional(),
        /** A command that does not leave it has failed. */
        required: z.boolean().optional(),
      }),
    ],
    { error: `must be a type (${OUTPUT_TYPES.join(", ")}), or {from, type, max, required}` },
  )
  .meta({ id: "ShellOutput" });
export type ShellOutput = z.infer<typeof ShellOutput>;
