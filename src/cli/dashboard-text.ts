/** Where the dashboard of a server is: the last thing that somebody reads who has started one. */
import type { Config } from "../config/schema.ts";
import type { Paint } from "../view/paint.ts";
import type { Running } from "./node-port.ts";

/** Address of the dashboard of the server at `url`. */
export function dashboardOf(url: string): string {
  return `${url.replace(/\/+$/, "")}/ui/`;
}

export function dashboardText({ url }: Running, { server }: Config, paint: Paint): string {
  return `\nDashboard  ${paint("bold", dashboardOf(url ?? server.url))}\n`;
}
