/** Name and password for a registry, as `docker login` of the worker's user has left them. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Docker Hub goes by this name there. */
const HUB = "https://index.docker.io/v1/";

interface Login {
  /** `NAME:PASSWORD` in base64. */
  auth?: unknown;
  identitytoken?: unknown;
}

/** The header of a pull; none where nobody logged in. What a helper program keeps is not asked for. */
export function registryAuth(image: string, env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const registry = registryOf(image);
  const login = loginsOf(env)[registry];
  if (login === undefined) return {};
  const [username, ...password] = typeof login.auth === "string" ? atob(login.auth).split(":") : [];
  const said = {
    serveraddress: registry,
    ...(username !== undefined && { username, password: password.join(":") }),
    ...(typeof login.identitytoken === "string" && { identitytoken: login.identitytoken }),
  };
  // Engines want the signs for addresses, and the padding that Node leaves out there.
  const text = Buffer.from(JSON.stringify(said)).toString("base64");
  return { "x-registry-auth": text.replaceAll("+", "-").replaceAll("/", "_") };
}

/** The part before the first slash, if it is the name of a machine. */
export function registryOf(image: string): string {
  const first = image.includes("/") ? image.slice(0, image.indexOf("/")) : "";
  return first === "localhost" || /[.:]/.test(first) ? first : HUB;
}

/** Read at each pull: a person may have logged in meanwhile. */
function loginsOf(env: NodeJS.ProcessEnv): Partial<Record<string, Login>> {
  try {
    const file = join(env["DOCKER_CONFIG"] ?? join(env["HOME"] ?? homedir(), ".docker"), "config.json");
    const { auths } = JSON.parse(readFileSync(file, "utf8")) as { auths?: Partial<Record<string, Login>> };
    return auths ?? {};
  } catch {
    return {};
  }
}
