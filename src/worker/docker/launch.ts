/**
 * Brings one attempt into a container: its image, its volumes, and what this engine turned out to lack. Of what an engine
 * lacks it is asked once; the log of each attempt says what is missing.
 */
import type { DockerWork } from "../../protocol/work/docker.ts";
import type { AttemptContext } from "../executor.ts";
import type { OutputCap } from "../executors/output-cap.ts";
import type { Folder } from "../file-folders.ts";
import type { StdoutCapture } from "../outputs/stdout.ts";
import { type EngineClient, EngineError } from "./client.ts";
import { type ContainerEnd, containerName, runContainer } from "./container.ts";
import { containerBody, type OwnFiles } from "./create.ts";
import { PullFailure, pullImage, withTag } from "./image.ts";
import type { Presence } from "./presence.ts";
import { type AllowedFolder, type Mount, mountsOf } from "./volumes.ts";

/** Time between TERM and KILL when the task says nothing. */
const GRACE_MS = 5000;
const NO_IMAGE = /no such image|image not known/i;
const NO_INIT = /docker-init|catatonit|container-init|init binary/i;
const SEES_NOTHING =
  "the container engine does not see the folders of this worker: no $OCTOPUS_OUTPUT, $OCTOPUS_ARTIFACTS, $OCTOPUS_INPUTS\n";

export interface LaunchOptions {
  presence: Presence;
  worker: string;
  owner: () => string;
  /** Folders of this machine that tasks may use. */
  allowed: readonly AllowedFolder[];
  hasGpus: boolean;
}

/** What is on the way for one attempt. */
export interface Run {
  engine: EngineClient;
  context: AttemptContext;
  work: DockerWork;
  folder: Folder | undefined;
  output: OutputCap;
  capture: StdoutCapture | undefined;
}

export class Launcher {
  readonly #options: LaunchOptions;
  #hasInit = true;
  #seesFiles = true;

  constructor(options: LaunchOptions) {
    this.#options = options;
  }

  /** Makes sure of the image as the task wants it, and runs the container. Text: what is wrong with a volume. */
  async launch(run: Run): Promise<ContainerEnd | string | undefined> {
    const { engine, work, context } = run;
    const { image, platform, pull } = work;
    const { signal } = context;
    const get = async (): Promise<void> =>
      pullImage(engine, image, { platform, signal, say: (text) => context.log("log", `${text}\n`) });
    if (pull === "always") await get();
    try {
      return await this.#withFiles(run);
    } catch (error) {
      if (!(error instanceof EngineError && error.status === 404 && NO_IMAGE.test(error.message))) throw error;
      if (pull === "never") {
        const next = `load it there (docker load, docker pull), or leave out "pull: never"`;
        throw new PullFailure(`there is no image ${withTag(image)} on this worker; ${next}`, false);
      }
      await get();
      return this.#withFiles(run);
    }
  }

  /** Engines differ: what one turns out to lack is left out, and the log says so. */
  async #withFiles(run: Run): Promise<ContainerEnd | string | undefined> {
    const { engine, context, work } = run;
    const { allowed } = this.#options;
    const { isLocal, socketPath } = engine.host;
    const mounts = await mountsOf(work.volumes ?? [], { allowed, isLocal, socketPath });
    if (typeof mounts === "string") return mounts;
    for (;;) {
      if (!isLocal || !this.#seesFiles) context.log("log", SEES_NOTHING);
      try {
        return await this.#contain(run, mounts);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        if (this.#hasInit && NO_INIT.test(error.message)) this.#hasInit = false;
        else if (this.#seesFiles && isAbout(error, run)) this.#seesFiles = false;
        else throw error;
      }
    }
  }

  async #contain(run: Run, mounts: readonly Mount[]): Promise<ContainerEnd | undefined> {
    const { engine, context, work, output, capture } = run;
    const { assignment, signal } = context;
    const { owner, worker, hasGpus, presence } = this.#options;
    const files = this.#filesOf(run);
    const hasInit = this.#hasInit;
    const name = containerName(assignment.task, assignment.attempt);
    presence.held.add(name);
    let isLeft = false;
    try {
      return await runContainer(engine, {
        body: containerBody({ work, assignment, mounts, files, hasGpus, hasInit, owner: owner(), worker }),
        platform: work.platform,
        name,
        stdin: work.stdin,
        signal,
        graceMs: work.grace ?? GRACE_MS,
        onStart: (usage) => (context.used = () => usage.latest),
        onOutput: (stream, bytes) => {
          if (stream === "stdout") capture?.write(bytes);
          output.write(stream, bytes);
        },
        leave: () => (isLeft = true),
      });
    } finally {
      context.used = undefined;
      presence.held.delete(name);
      if (isLeft) presence.left();
    }
  }

  #filesOf({ engine, context, folder }: Run): OwnFiles {
    if (!engine.host.isLocal || !this.#seesFiles) return {};
    const artifacts = context.keepFile === undefined ? undefined : folder?.path;
    return { artifacts, output: folder?.output, inputs: context.inputsDir };
  }
}

/** The engine complains of a folder of our own. */
function isAbout(error: EngineError, { folder }: Run): boolean {
  return (
    folder !== undefined &&
    /bind source path does not exist|no such file/i.test(error.message) &&
    error.message.includes(folder.path)
  );
}
