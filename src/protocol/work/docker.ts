/** A container, run by an engine with the Docker API on the worker's machine, and removed with its attempt. */
import { z } from "zod";
import { Duration, Env, Size } from "../common.ts";
import { ShellOutput } from "./outputs.ts";
import { Name } from "../common.ts";

const VOLUME_FORM = "must be HOST:CONTAINER or HOST:CONTAINER:ro, both absolute paths, or NAME:CONTAINER for a volume";
export const Volume = z.string().regex(/^(\/[^:]*|[A-Za-z0-9][A-Za-z0-9_.-]*):\/[^:]*(:(ro|rw))?$/, {
  error: VOLUME_FORM,
});

const CPUS_FORM = "must be a number of cores from 0.01 to 1024";

export const DockerWork = z
  .strictObject({
    image: z.string().min(1, { error: "must not be empty" }),
    /** Text is for `/bin/sh -c` in the container; a list is the program and its arguments. Default: the image's own. */
    command: z
      .union(
        [
          z
            .string()
            .min(1)
            .transform((text) => ["/bin/sh", "-c", text]),
          z.array(z.string()).min(1),
        ],
        {
          error: "must be a command, or a list of a program and its arguments",
        },
      )
      .optional(),
    entrypoint: z
      .union([
        z
          .string()
          .min(1)
          .transform((one) => [one]),
        z.array(z.string()),
      ])
      .optional(),
    env: Env.optional(),
    /** Working folder in the container. */
    cwd: z.string().startsWith("/", { error: "must be an absolute path" }).optional(),
    stdin: z.string().optional(),
    volumes: z.array(Volume, { error: "must be a list of volumes" }).max(64).optional(),
    /** Folders in memory, with their size: `{"/scratch": "64MiB"}`. */
    tmpfs: z.record(z.string().startsWith("/", { error: "must be an absolute path" }), Size).optional(),
    /** `none`, `bridge`, `host`, or the name of a network of the engine. */
    network: z.string().min(1).default("bridge"),
    /** More is an end by OOM. */
    memory: Size.refine((bytes) => bytes >= 6 * 1024 * 1024, { error: "must be at least 6MiB" }).optional(),
    cpus: z.number({ error: CPUS_FORM }).min(0.01, { error: CPUS_FORM }).max(1024, { error: CPUS_FORM }).optional(),
    /** How many GPUs, or all; those that its `resources` give it are used where this says nothing. */
    gpus: z.union([z.literal("all"), z.int().min(1).max(64)], { error: "must be all, or 1 to 64" }).optional(),
    /** `NAME`, `UID` or `UID:GID`. */
    user: z.union([z.string().min(1), z.int().nonnegative().transform(String)]).optional(),
    /** Most processes at once. */
    processes: z.int().min(1).max(1_000_000).optional(),
    /** The file system of the container cannot be written to; its volumes can. */
    readOnly: z.boolean().optional(),
    /** False: the program is process 1 itself, without an init program that passes signals on and reaps. */
    init: z.boolean().optional(),
    pull: z.enum(["missing", "always", "never"]).default("missing"),
    /** `linux/arm64` and the like. */
    platform: z.string().min(1).optional(),
    maxOutput: Size.optional(),
    /** Time between TERM and KILL when the attempt is stopped. */
    grace: Duration.optional(),
    outputs: z.record(Name, ShellOutput).optional(),
  })
  .meta({ id: "DockerWork" });
export type DockerWork = z.infer<typeof DockerWork>;
