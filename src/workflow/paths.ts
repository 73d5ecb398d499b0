/** Paths as texts. They are those of the machine that runs the task, so both kinds are known. */

/** `path` seen from `base`. */
export function joinPath(base: string, path: string): string;
export function joinPath(base: string | undefined, path: string | undefined): string | undefined;
export function joinPath(base: string | undefined, path: string | undefined): string | undefined {
  if (base === undefined || path === undefined) return path ?? base;
  const absolute = path.startsWith("/") || /^([A-Za-z]:)?[\\/]/.test(path);
  return absolute ? path : `${base.replace(/[\\/]+$/, "")}/${path}`;
}

/** The path of a file that `from` names: relative to the folder in which `from` stands, without `.` and needless `..`. */
export function resolveFrom(from: string, path: string): string {
  const isAbsolute = /^([A-Za-z]:)?[\\/]/.test(path);
  const folder = from.split(/[\\/]/).slice(0, -1);
  const parts = isAbsolute ? [] : folder;
  for (const part of path.split(/[\\/]/)) {
    if (part === "." || part === "") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return `${isAbsolute && path.startsWith("/") ? "/" : ""}${parts.join("/")}`;
}

/** `etl` of `flows/etl.yaml`. */
export function stem(source: string): string {
  const file = source.replace(/^.*[\\/]/, "");
  return file.replace(/\.[^.]*$/, "") || file || "workflow";
}

/** True for what is meant as a path of a file, and not as the name of a workflow. */
export function isPath(use: string): boolean {
  return /^\.{0,2}\//.test(use) || /\.(ya?ml|json)$/i.test(use) || /^[A-Za-z]:[\\/]/.test(use);
}
