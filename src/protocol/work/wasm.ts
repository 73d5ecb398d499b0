/** A WebAssembly module with the system interface WASI, preview 1. It has what it is given, and nothing else. */
import { z } from "zod";
import { Env, Name, Size } from "../common.ts";
import { ShellOutput } from "./outputs.ts";
import { PluginRef } from "./plugin.ts";

export const WasmWork = z
  .strictObject({
    /** Name of a plugin that is a module. */
    module: PluginRef,
    args: z.array(z.string(), { error: "must be a list of texts" }).optional(),
    env: Env.optional(),
    stdin: z.string().optional(),
    /** By path in the module the folder of the worker that stands there; `:ro` behind it cannot be written to. */
    dirs: z
      .record(
        z.string().startsWith("/", { error: "must be an absolute path" }),
        z.string().startsWith("/", { error: "must be an absolute path" }),
      )
      .optional(),
    /** Most memory that it may have. */
    memory: Size.refine((bytes) => bytes >= 65_536 && bytes <= 4 * 1024 ** 3, {
      error: "must be from 64KiB to 4GiB",
    }).optional(),
    maxOutput: Size.optional(),
    outputs: z.record(Name, ShellOutput).optional(),
  })
  .meta({ id: "WasmWork" });
export type WasmWork = z.infer<typeof WasmWork>;
