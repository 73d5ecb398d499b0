/** Gets an image from its registry, and says in the log of the attempt how far it is. */
import { formatDuration, formatSize } from "../../base/duration.ts";
import { type EngineClient, EngineError } from "./client.ts";
import { registryAuth } from "./registry-auth.ts";

/** Between two words on how far it is. */
const SAY_EVERY_MS = 2000;
/** One line of progress is never longer. */
const LINE_LENGTH_MAX = 1024 * 1024;
/** The registry says so of what is not there, or not for us: asking again brings the same. */
const NOT_THERE =
  /manifest unknown|manifest for .* not found|not found|does not exist|pull access denied|no such image|invalid reference/i;
/** It wants to know who asks. */
const NOT_FOR_US = /unauthorized|authentication required|no basic auth|access forbidden|denied: /i;
/** What a network and a busy registry say. */
const NOT_NOW =
  /dial tcp|no such host|timeout|timed out|refused|unreachable|reset|EOF|TLS handshake|toomanyrequests|too many requests|5\d\d |temporar|server misbehaving/i;

/** Why an image could not be had. */
export class PullFailure extends Error {
  readonly retryable: boolean;

  constructor(message: string, retryable: boolean) {
    super(message);
    this.retryable = retryable;
  }
}

interface Layer {
  status: string;
  current: number;
  total: number;
}

interface Line {
  id?: string;
  status?: string;
  progressDetail?: { current?: number; total?: number };
  error?: string;
}

export interface PullOptions {
  platform?: string | undefined;
  signal: AbortSignal;
  say: (text: string) => void;
}

/** Resolves when the engine has it. */
export async function pullImage(engine: EngineClient, image: string, options: PullOptions): Promise<void> {
  const { platform, signal, say } = options;
  const begun = performance.now();
  say(`pulling ${image}`);
  const query = { fromImage: withTag(image), ...(platform !== undefined && { platform }) };
  const layers = new Map<string, Layer>();
  let saidAt = begun;
  try {
    const answer = await engine.stream("POST", "/images/create", { query, headers: registryAuth(image), signal });
    for await (const line of linesOf(answer as AsyncIterable<Buffer>)) {
      if (line.error !== undefined) throw failureOf(image, line.error, platform);
      note(layers, line);
      if (performance.now() - saidAt < SAY_EVERY_MS) continue;
      saidAt = performance.now();
      say(progressOf(image, layers));
    }
  } catch (error) {
    if (error instanceof EngineError) throw failureOf(image, error.message, platform);
    throw error;
  }
  say(`pulled ${image} in ${formatDuration(Math.round(performance.now() - begun))}`);
}

/** Without a tag the engine would get all of them. */
export function withTag(image: string): string {
  const name = image.slice(image.lastIndexOf("/") + 1);
  return image.includes("@") || name.includes(":") ? image : `${image}:latest`;
}

function note(layers: Map<string, Layer>, { id, status = "", progressDetail }: Line): void {
  if (id === undefined || status.startsWith("Pulling from")) return;
  const before = layers.get(id);
  const isDownload = status === "Downloading";
  layers.set(id, {
    status,
    current: isDownload ? (progressDetail?.current ?? 0) : (before?.total ?? 0),
    total: (isDownload ? progressDetail?.total : undefined) ?? before?.total ?? 0,
  });
}

function progressOf(image: string, layers: ReadonlyMap<string, Layer>): string {
  const all = [...layers.values()];
  const done = all.filter(({ status }) => /complete|exists/i.test(status)).length;
  const sum = (key: "current" | "total"): string => formatSize(all.reduce((total, each) => total + each[key], 0));
  return `pulling ${image}: ${done} of ${all.length} layers, ${sum("current")} of ${sum("total")}`;
}

function failureOf(image: string, said: string, platform: string | undefined): PullFailure {
  const words = said.replace(/^Error response from daemon: /, "").trim();
  if (/platform|no match for/i.test(words) && platform !== undefined)
    return new PullFailure(`there is no image ${image} for ${platform}: ${words}; check "platform"`, false);
  if (NOT_FOR_US.test(words) && !/access denied/i.test(words)) {
    const next = "log in there as the worker's user (docker login)";
    return new PullFailure(`its registry does not give ${image} to this worker: ${words}; ${next}`, false);
  }
  if (!NOT_NOW.test(words) && NOT_THERE.test(words)) {
    const next = "check the name and the tag; an image that not everybody may have needs `docker login` on the worker";
    return new PullFailure(`there is no image ${image}: ${words}; ${next}`, false);
  }
  const next = 'check that the worker reaches the registry, or load the image there and set "pull: never"';
  return new PullFailure(`the image ${image} could not be pulled: ${words}; ${next}`, true);
}

/** Lines of JSON. What is none is left out: it is news, not data. */
async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop()!.slice(0, LINE_LENGTH_MAX);
    for (const line of lines) {
      try {
        if (line.trim() !== "") yield JSON.parse(line) as Line;
      } catch {
        // A line that was cut off.
      }
    }
  }
}
