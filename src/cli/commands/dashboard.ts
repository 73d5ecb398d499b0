/** `octopus dashboard`: its address, and a browser that shows it where a person watches. */
import { spawn } from "node:child_process";
import type { Context } from "../context.ts";
import { dashboardOf } from "../dashboard-text.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

/** What opens an address on this system. `start` is a word of the shell there, and takes a title first. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly [program: string, ...args: string[]]>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

export async function run({ client, options, out }: Context): Promise<ExitCode> {
  const { url, ready } = await reach(client);
  const address = dashboardOf(url);
  out.answer({ url: address }, { table: () => address, quiet: () => address });
  if (!ready.ready) out.warn(`the server is not ready: ${ready.reason}`);
  if (options["open"] !== false && out.isLive && !(await open(address)))
    out.note("No browser could be opened here: open this address yourself.");
  return EXIT.ok;
}

/** Throws where no server answers: a browser would only show that it cannot be reached. */
async function reach(client: Context["client"]) {
  const connected = await client();
  return { url: connected.url, ready: await connected.ready() };
}

/** True when something took the address; whether it shows is the browser's affair. */
function open(address: string): Promise<boolean> {
  const [program, ...args] = OPENERS[process.platform] ?? ["xdg-open"];
  return new Promise((resolve) => {
    const child = spawn(program, [...args, address], { stdio: "ignore", detached: true });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
