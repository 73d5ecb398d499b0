/** What is mounted where, as a sandbox sees it that makes all of it read-only. */
import { readFile } from "node:fs/promises";

export interface Mount {
  point: string;
  /** `rw,nosuid,nodev`: a kernel lets nobody but root leave one of these out when a mount is changed. */
  options: string;
  type: string;
}

export async function readMounts(): Promise<Mount[]> {
  return parseMounts(await readFile("/proc/self/mountinfo", "utf8"));
}

/** The mounts of a `mountinfo`, one for each place: of several above one another only the last is seen. */
export function parseMounts(text: string): Mount[] {
  const mounts = new Map<string, Mount>();
  for (const line of text.split("\n")) {
    const [left, right] = line.split(" - ");
    const point = left?.split(" ")[4];
    const options = left?.split(" ")[5];
    const type = right?.split(" ")[0];
    if (point === undefined || options === undefined || type === undefined) continue;
    const place = unescape(point);
    mounts.delete(place);
    mounts.set(place, { point: place, options, type });
  }
  return [...mounts.values()];
}

/** Blanks, tabs, line ends and backslashes stand as `\040` there. */
function unescape(text: string): string {
  // Bytes that are not ASCII stand as they are.
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}
