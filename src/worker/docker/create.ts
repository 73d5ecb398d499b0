/** What the engine is told of a container: its task's work, in the words of the Docker API. */
import type { Assignment } from "../../protocol/link.ts";
import type { DockerWork } from "../../protocol/work/docker.ts";
import { attemptEnv } from "../attempt-env.ts";
import { LABEL } from "./owner.ts";
import { type Mount, OWN_FOLDER } from "./volumes.ts";

/** Most processes of a task that says nothing: one that forks without end takes itself down, and nobody else. */
const PROCESSES_MAX = 4096;
/** When the machine runs out of memory, the kernel is to take a container first, and no worker. */
const OOM_SCORE = 500;
/** Where the files of the attempt are in the container. */
const PLACES = { artifacts: `${OWN_FOLDER}/artifacts`, output: `${OWN_FOLDER}/output`, inputs: `${OWN_FOLDER}/inputs` };

/** Paths of the worker that the container sees; absent where nothing is to be seen. */
export interface OwnFiles {
  artifacts?: string | undefined;
  output?: string | undefined;
  inputs?: string | undefined;
}

export interface ContainerOf {
  work: DockerWork;
  assignment: Assignment;
  /** What the task asked for. */
  mounts: readonly Mount[];
  files: OwnFiles;
  /** The worker offers GPUs: one that asks for none is to see none. */
  hasGpus: boolean;
  /** The engine has an init program. */
  hasInit: boolean;
  owner: string;
  worker: string;
}

/** The body of `POST /containers/create`. */
export function containerBody(of: ContainerOf): Record<string, unknown> {
  const { work, assignment, files, hasInit, owner, worker } = of;
  const { command, entrypoint, stdin } = work;
  const started = programOf(command, entrypoint);
  return {
    Image: work.image,
    ...started,
    Env: Object.entries(envOf(of)).map(([name, value]) => `${name}=${value}`),
    ...(work.cwd !== undefined && { WorkingDir: work.cwd }),
    ...(work.user !== undefined && { User: work.user }),
    Tty: false,
    AttachStdin: stdin !== undefined,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: stdin !== undefined,
    StdinOnce: stdin !== undefined,
    Labels: {
      [LABEL.owner]: owner,
      [LABEL.worker]: worker,
      [LABEL.task]: assignment.id,
      [LABEL.attempt]: String(assignment.attempt),
    },
    HostConfig: {
      // Octopus keeps the output; the engine would write it to the disk a second time.
      LogConfig: { Type: "none" },
      Init: hasInit && work.init !== false,
      Mounts: [...of.mounts, ...ownMounts(files)],
      ...(work.tmpfs !== undefined && {
        Tmpfs: Object.fromEntries(Object.entries(work.tmpfs).map(([path, bytes]) => [path, `size=${bytes}`])),
      }),
      NetworkMode: work.network,
      // As much swap as memory is none at all: a task that needs more ends, and does not slow the machine down.
      ...(work.memory !== undefined && { Memory: work.memory, MemorySwap: work.memory }),
      ...(work.cpus !== undefined && { NanoCpus: Math.round(work.cpus * 1e9) }),
      PidsLimit: work.processes ?? PROCESSES_MAX,
      OomScoreAdj: OOM_SCORE,
      ...(work.readOnly === true && { ReadonlyRootfs: true }),
      ...gpusOf(of),
    },
  };
}

/** A command that is text is for a shell, whatever program the image starts by itself; a list is for the image's program. */
function programOf(command: DockerWork["command"], entrypoint: DockerWork["entrypoint"]): object {
  const isText = command?.length === 3 && command[0] === "/bin/sh" && command[1] === "-c";
  if (entrypoint === undefined && isText) return { Entrypoint: command.slice(0, 2), Cmd: command.slice(2) };
  return {
    ...(entrypoint !== undefined && { Entrypoint: entrypoint.length === 0 ? [""] : entrypoint }),
    ...(command !== undefined && { Cmd: command }),
  };
}

function envOf({ work, assignment, files, hasGpus }: ContainerOf): Record<string, string> {
  const env = attemptEnv(assignment, work.env, { hasGpus: false });
  if (assignment.units?.["gpu"] !== undefined) {
    // The container sees its own GPUs only, and counts them from 0: their numbers on the machine would mislead.
    delete env["CUDA_VISIBLE_DEVICES"];
    if (work.env?.["CUDA_VISIBLE_DEVICES"] !== undefined)
      env["CUDA_VISIBLE_DEVICES"] = work.env["CUDA_VISIBLE_DEVICES"];
  } else if (hasGpus && work.gpus === undefined) env["NVIDIA_VISIBLE_DEVICES"] ??= "void";
  if (files.artifacts !== undefined) env["OCTOPUS_ARTIFACTS"] = PLACES.artifacts;
  if (files.output !== undefined) env["OCTOPUS_OUTPUT"] = PLACES.output;
  if (files.inputs !== undefined) env["OCTOPUS_INPUTS"] = PLACES.inputs;
  return env;
}

function ownMounts(files: OwnFiles): Mount[] {
  return (["artifacts", "output", "inputs"] as const).flatMap((name) => {
    const source = files[name];
    if (source === undefined) return [];
    return [{ Type: "bind" as const, Source: source, Target: PLACES[name], ReadOnly: name === "inputs" }];
  });
}

/** Those that the server gave it by name; else as many as its work says. */
function gpusOf({ work, assignment }: ContainerOf): object {
  const units = assignment.units?.["gpu"];
  if (units === undefined && work.gpus === undefined) return {};
  const which = units === undefined ? { Count: work.gpus === "all" ? -1 : work.gpus } : { DeviceIDs: units };
  return { DeviceRequests: [{ Driver: "", Capabilities: [["gpu"]], ...which }] };
}
