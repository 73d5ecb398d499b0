/** Where a container engine may be: what a person said, or the places where engines usually listen. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { OctopusError } from "../../base/errors.ts";

export interface EngineHost {
  /** As a person writes it: `unix:///var/run/docker.sock`. */
  shown: string;
  /** Path of a socket, or of a named pipe of Windows. */
  socketPath?: string;
  host?: string;
  port?: number;
  tls?: { ca?: Buffer; cert?: Buffer; key?: Buffer };
  /** It is on this machine: folders of ours are folders of its own. */
  isLocal: boolean;
}

const PORT = 2375;
const PORT_TLS = 2376;
const FORM = "unix:///var/run/docker.sock, tcp://HOST:PORT or npipe:////./pipe/docker_engine";

/** Those to try, the likeliest first. `said` stands above `DOCKER_HOST`, and that above the usual places. */
export function engineHosts(said: string | undefined, env: NodeJS.ProcessEnv = process.env): EngineHost[] {
  if (said !== undefined && said !== "") return [parseHost(said, "worker.docker.host", env)];
  const named = env["DOCKER_HOST"];
  if (named !== undefined && named !== "") return [parseHost(named, "DOCKER_HOST", env)];
  if (process.platform === "win32") return [pipe("//./pipe/docker_engine")];
  const runtime = env["XDG_RUNTIME_DIR"];
  const home = env["HOME"] ?? homedir();
  const own = runtime === undefined ? [] : [join(runtime, "docker.sock"), join(runtime, "podman", "podman.sock")];
  const places = ["/var/run/docker.sock", ...own, join(home, ".docker", "run", "docker.sock")];
  return [...places, "/run/podman/podman.sock"].map(socket);
}

/** `where`: the setting that says so, for the message. */
export function parseHost(text: string, where: string, env: NodeJS.ProcessEnv = process.env): EngineHost {
  const [scheme = "", rest = ""] = text.split("://", 2);
  if (scheme === "unix" && rest.startsWith("/")) return socket(rest);
  if (scheme === "npipe" && rest !== "") return pipe(rest);
  const isAddress = ["tcp", "http", "https"].includes(scheme);
  const url = isAddress ? URL.parse(`http://${rest}`) : null;
  if (url === null || url.hostname === "" || url.pathname !== "/")
    throw new OctopusError("invalid", `${where} must be ${FORM}, not ${JSON.stringify(text)}`);
  const wantsTls = scheme === "https" || url.port === String(PORT_TLS) || (env["DOCKER_TLS_VERIFY"] ?? "") !== "";
  const host: EngineHost = {
    shown: text,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (wantsTls ? PORT_TLS : PORT) : Number(url.port),
    isLocal: false,
  };
  if (wantsTls) host.tls = certificates(env["DOCKER_CERT_PATH"] ?? join(env["HOME"] ?? homedir(), ".docker"));
  return host;
}

function socket(path: string): EngineHost {
  return { shown: `unix://${path}`, socketPath: path, isLocal: true };
}

function pipe(path: string): EngineHost {
  return { shown: `npipe://${path}`, socketPath: path, isLocal: true };
}

/** The files that Docker's own client reads. Those that are not there are not needed by every engine. */
function certificates(folder: string): NonNullable<EngineHost["tls"]> {
  const tls: NonNullable<EngineHost["tls"]> = {};
  for (const name of ["ca", "cert", "key"] as const) {
    try {
      tls[name] = readFileSync(join(folder, `${name}.pem`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return tls;
}
