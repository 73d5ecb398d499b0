/**
 * Makes sure that the dependencies stand in node_modules, and finds the Node that runs the TypeScript source. Plain
 * JavaScript without dependencies, for every Node from 20 on: it runs before anything else is there.
 *
 * I1  node_modules is right when npm's own record in it (`.package-lock.json`) agrees with package-lock.json, package by
 *     package. Dates say nothing: a checkout or a copied folder changes them.
 * I2  Of several first starts at once, one installs and the others wait for it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const NODE_MAJOR = 26;
const WAIT_MS_MAX = 600_000;
const pinnedNode = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");

/** Something that a person has to mend; its message says how. */
export class SetupError extends Error {
  name = "SetupError";
}

/** Installs what is missing, and answers the path of the Node to run the source with. */
export async function ensureInstalled() {
  if (!isInstalled()) {
    const unlock = await lock("install", "installs dependencies");
    try {
      if (!isInstalled()) install();
    } finally {
      unlock();
    }
  }
  return nodeForSource();
}

/** True when node_modules holds what package-lock.json asks for. */
function isInstalled() {
  const wanted = packagesOf(join(root, "package-lock.json"));
  const found = packagesOf(join(root, "node_modules", ".package-lock.json"));
  if (wanted === undefined || found === undefined) return false;
  const same = (a, b) => a.version === b.version && a.resolved === b.resolved && a.integrity === b.integrity;
  // Packages for other platforms are in the lock file, and not installed here.
  return (
    Object.entries(found).every(([path, one]) => wanted[path] !== undefined && same(wanted[path], one)) &&
    Object.entries(wanted).every(([path, one]) => path === "" || one.optional || found[path] !== undefined)
  );
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch (error) {
    if (error.code === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function install() {
  process.stderr.write("Installing dependencies (npm ci) ...\n");
  // --include=dev: with NODE_ENV=production npm would leave out the pinned Node and the tools.
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const done = runNpm(args);
  if (done.status === 0) return;
  const output = [done.error?.message, done.stdout, done.stderr].filter(Boolean).join("\n").trim();
  throw new SetupError(
    `npm ${args.join(" ")} failed (${done.error ? "it did not start" : `exit code ${done.status}`}).\n${indent(firstLines(output))}\n` +
      "Check that npm 10 or newer is installed and reaches its registry (npm ping), then start again.",
  );
}

/** Runs npm in the repository with its output captured; inside `npm start`, with the very npm that is running. */
function runNpm(args) {
  const options = { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 };
  const script = process.env.npm_execpath;
  if (script && /\.c?js$/.test(script)) return spawnSync(process.execPath, [script, ...args], options);
  return spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
}

/** The pinned Node or, where it could not be installed, this one when it is new enough. */
function nodeForSource() {
  if (existsSync(pinnedNode)) return pinnedNode;
  if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR) return process.execPath;
  throw new SetupError(
    `Octopus runs its source with Node ${NODE_MAJOR}; this is ${process.version}, and the pinned one is missing at\n` +
      `  ${pinnedNode}\n` +
      "npm installs it by an install script, and those seem to be switched off here (npm config get ignore-scripts).\n" +
      "Run this once, then start again:\n" +
      "  npm rebuild node --ignore-scripts=false\n" +
      `or install Node ${NODE_MAJOR} yourself (https://nodejs.org) and start with that.`,
  );
}

/**
 * Takes the right to do what only one process may do at a time, waiting for another that has it; answers the call that
 * gives it back. `doing`: what the other one does, for whoever waits.
 */
export async function lock(name, doing) {
  const file = join(root, ".cache", `${name}.lock`);
  const mine = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(mine, String(process.pid));
  try {
    for (let waitedMs = 0; !tryLink(mine, file); waitedMs += 100) {
      const holder = readHolder(file);
      if (waitedMs === 0) process.stderr.write(`Waiting for process ${holder ?? "?"}, which ${doing} ...\n`);
      if (waitedMs >= WAIT_MS_MAX) {
        throw new SetupError(
          `Process ${holder} has held ${file} for ${WAIT_MS_MAX / 60_000} min. If it is stuck, delete that file.`,
        );
      }
      if (holder !== undefined && !isAlive(holder)) stealFrom(holder, file);
      else await delay(100);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => rmSync(file, { force: true });
}

/** A link appears with its content, or not at all: nobody reads a lock without a holder. */
function tryLink(mine, file) {
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function readHolder(file) {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Removes the lock of a dead process. If another waiter was quicker, what was taken is its lock: it goes back. */
function stealFrom(dead, file) {
  const taken = `${file}.dead.${process.pid}`;
  try {
    renameSync(file, taken);
  } catch (error) {
    if (error.code === "ENOENT") return;
    throw error;
  }
  if (readHolder(taken) !== dead) tryLink(taken, file);
  rmSync(taken, { force: true });
}

/** npm says what is wrong first, and then explains all its options. */
function firstLines(text) {
  const lines = text.split("\n");
  return lines.length <= 30 ? text : [...lines.slice(0, 30), `... and ${lines.length - 30} more lines`].join("\n");
}

function indent(text) {
  return text.replace(/^/gm, "  ");
}
