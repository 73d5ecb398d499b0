/** Where the built dashboard lies: beside the JavaScript in the package, in web/dist in a checkout. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** In a checkout it may still be to come: the folder is answered all the same. */
export function dashboardFolder(): string {
  const packed = join(import.meta.dirname, "..", "web");
  return existsSync(packed) ? packed : join(import.meta.dirname, "..", "..", "web", "dist");
}
