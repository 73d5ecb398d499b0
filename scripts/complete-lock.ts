/**
 * Completes package-lock.json: `node scripts/run.mjs scripts/complete-lock.ts [--check]`.
 *
 * npm leaves an optional package (a tool's binary for another platform) out of the lock file without a word when the
 * registry that it talks to does not carry it, and then `npm ci` refuses that lock file on every machine. This writes
 * such entries: the version that the tool pins, and the platform that the package's name tells. The same with two versions
 * of one tool: npm writes the packages of other platforms for one of them only.
 */
import { readFileSync, writeFileSync } from "node:fs";

interface LockedPackage {
  version?: string;
  cpu?: string[];
  dev?: boolean;
  libc?: string[];
  optional?: boolean;
  os?: string[];
  optionalDependencies?: Record<string, string>;
}
interface Lock {
  packages: Record<string, LockedPackage>;
}
interface Missing {
  /** Where it belongs, such as `node_modules/x`. */
  path: string;
  entry: LockedPackage;
}

const LOCK = new URL("../package-lock.json", import.meta.url);
const SYSTEMS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const PROCESSORS = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"];

const lock = JSON.parse(readFileSync(LOCK, "utf8")) as Lock;
const missing = missingFrom(lock);

if (missing.length === 0) {
  console.log("package-lock.json is complete.");
} else if (process.argv.includes("--check")) {
  console.error(
    `package-lock.json lacks ${missing.length} optional packages, so npm ci refuses it: ` +
      `${missing.map(({ path }) => path).join(", ")}.\nRun: node scripts/run.mjs scripts/complete-lock.ts`,
  );
  process.exitCode = 1;
} else {
  for (const { path, entry } of missing) lock.packages[path] = entry;
  lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, "en")));
  writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: added ${missing.length} optional packages.`);
}

function missingFrom({ packages }: Lock): Missing[] {
  return Object.entries(packages).flatMap(([path, owner]) =>
    Object.entries(owner.optionalDependencies ?? {}).flatMap(([name, version]): Missing[] => {
      const other = foundFrom(path, name, packages);
      if (other === undefined) {
        return [{ path: `node_modules/${name}`, entry: entryOf(name, version, owner.dev === true) }];
      }
      // Two versions of one tool: where the one that is found from here is another's, this tool needs its own beside it.
      if (!/^\d/.test(version) || other.version === version) return [];
      const { cpu = [], os = [], libc } = other;
      const entry = { version, cpu, ...(owner.dev && { dev: true }), ...(libc && { libc }), optional: true, os };
      return [{ path: `${path}/node_modules/${name}`, entry }];
    }),
  );
}

/** What `name` means in the package at `path`: as Node looks for it, in the nearest folder around it that has one. */
function foundFrom(path: string, name: string, packages: Lock["packages"]): LockedPackage | undefined {
  const found = packages[`${path === "" ? "" : `${path}/`}node_modules/${name}`];
  const above = path.lastIndexOf("/node_modules/");
  if (found !== undefined || path === "") return found;
  return foundFrom(above === -1 ? "" : path.slice(0, above), name, packages);
}

/** `@oxlint/binding-linux-arm64-musl` is for linux, arm64 and musl. */
function entryOf(name: string, version: string, dev: boolean): LockedPackage {
  const words = name.split(/[/-]/);
  const os = words.filter((word) => SYSTEMS.includes(word));
  const cpu = words.filter((word) => PROCESSORS.includes(word));
  if (!/^\d/.test(version) || os.length !== 1 || cpu.length !== 1) {
    throw new Error(
      `${name}@${version}: neither its exact version nor its platform can be told. Add its entry by hand.`,
    );
  }
  const libc = words.includes("musl") ? ["musl"] : words.includes("gnu") ? ["glibc"] : undefined;
  return { version, cpu, ...(dev && { dev }), ...(libc && { libc }), optional: true, os };
}
