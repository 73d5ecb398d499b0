/**
 * Loads Ink. In the package `ink.js` is a bundle already. In a checkout its modules take half a second to load, so the
 * bundle is kept in `.cache`, named by the versions that it was made of, and made in the background where it is missing.
 */
import { existsSync, readFileSync } from "node:fs";

type Ink = typeof import("./ink.ts");

export async function loadInk(): Promise<Ink> {
  if (!import.meta.url.endsWith(".ts")) return import("./ink.ts");
  const bundle = new URL(`../../.cache/tui/${versions()}.js`, import.meta.url);
  if (existsSync(bundle)) return (await import(bundle.href)) as Ink;
  const script = new URL("../../scripts/bundle-ink.ts", import.meta.url);
  const options = { stdio: "ignore", detached: true } as const;
  const { spawn } = await import("node:child_process");
  spawn(process.execPath, [script.pathname, bundle.pathname], options)
    .on("error", () => undefined)
    .unref();
  // React without its checks, which are for those who write for it.
  process.env["NODE_ENV"] ??= "production";
  return import("./ink.ts");
}

function versions(): string {
  return ["ink", "react"].map((name) => `${name}-${versionOf(name)}`).join("-");
}

function versionOf(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
