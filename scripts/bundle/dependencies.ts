/** The packages that the program needs at run time, as package-lock.json pins them and as they stand in node_modules. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../tool.ts";

interface Locked {
  version: string;
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
  /** It stands for a workspace. */
  link?: boolean;
  peer?: boolean;
}

/** Their folders, such as `node_modules/ws`, in order. */
export function productionFolders(): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, Locked>;
  };
  const folders = Object.entries(packages).filter(
    ([folder, { dev, devOptional, link }]) =>
      isPackage(folder) && dev !== true && devOptional !== true && link !== true,
  );
  return folders.filter(([folder, locked]) => isThere(folder, locked)).map(([folder]) => folder);
}

/** The workspaces of this repository are none: what comes of them is in dist/. */
function isPackage(folder: string): boolean {
  return folder.startsWith("node_modules/");
}

function isThere(folder: string, { version, optional }: Locked): boolean {
  const file = join(root, folder, "package.json");
  if (!existsSync(file)) {
    if (optional === true) return false;
    throw new Error(`${folder} is not installed: run npm install first`);
  }
  const found = (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
  if (found !== version) throw new Error(`${folder} is ${found}, and package-lock.json asks for ${version}`);
  return true;
}
