/**
 * `npm run bundle`: one archive with everything that a machine without a network needs: Node, the built package, its
 * dependencies, launchers, set-up scripts, systemd units. The same sources give the same bytes.
 *
 *   npm run bundle -- --platform linux-arm64 --out /tmp
 */
import { globSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { node, root } from "./tool.ts";
import { productionFolders } from "./bundle/dependencies.ts";
import { nodeFor, ownPlatform, type Platform, PLATFORMS } from "./bundle/node-binary.ts";
import { tar, type TarEntry } from "./bundle/tar.ts";

const { values } = parseArgs({
  options: {
    platform: { type: "string", default: ownPlatform() },
    out: { type: "string", default: "." },
    "no-build": { type: "boolean" },
  },
});
const platform = values.platform as Platform;
if (!PLATFORMS.includes(platform)) {
  console.error(`There is no bundle for ${platform}: it is one of ${PLATFORMS.join(", ")}.`);
  process.exit(2);
}
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  name: string;
  version: string;
  files: string[];
};
if (values["no-build"] !== true) {
  const { code, output } = await node(["scripts/build.ts"]);
  if (code !== 0) {
    console.error(output);
    process.exit(1);
  }
}

const isWindows = platform.startsWith("win-");
const top = `octopus-${manifest.version}-${platform}`;
const home = `lib/node_modules/${manifest.name}`;
const entries = new Map<string, TarEntry>();

function add(name: string, data: Uint8Array | string, isExecutable = false): void {
  const full = `${top}/${name}`;
  entries.set(full, { name: full, data: typeof data === "string" ? Buffer.from(data) : data, isExecutable });
  for (let at = full.lastIndexOf("/"); at > 0; at = full.lastIndexOf("/", at - 1)) {
    const folder = full.slice(0, at);
    entries.set(folder, { name: folder });
  }
}

/** Every file below a folder of the repository. */
function addFolder(from: string, to: string): void {
  for (const file of globSync("**/*", { cwd: join(root, from), exclude: (name) => name === "node_modules" })) {
    const path = join(root, from, file);
    const info = statSync(path);
    if (info.isFile()) add(`${to}/${file.split(sep).join("/")}`, readFileSync(path), (info.mode & 0o111) !== 0);
  }
}

add(`${home}/package.json`, readFileSync(join(root, "package.json")));
for (const each of [...manifest.files, "README.md", "LICENSE"]) {
  const info = statSync(join(root, each), { throwIfNoEntry: false });
  if (info?.isDirectory() === true) addFolder(each, `${home}/${each}`);
  else if (info !== undefined) add(`${home}/${each}`, readFileSync(join(root, each)));
}
for (const folder of productionFolders()) addFolder(folder, `lib/${folder}`);
const { program, licence } = nodeFor(platform);
add(isWindows ? "node/node.exe" : "node/bin/node", program, true);
if (licence !== undefined) add("node/LICENSE", licence);
const parts = join(root, "deploy/bundle");
const text = (file: string): string =>
  readFileSync(join(parts, file), "utf8").replaceAll("@HOME@", home).replaceAll("@VERSION@", manifest.version);
if (isWindows) {
  add("bin/octopus.cmd", text("octopus.cmd").replaceAll(/\r?\n/g, "\r\n"));
  addFolder("scripts/windows", "windows");
} else {
  add("bin/octopus", text("octopus.sh"), true);
  add("install.sh", text("install.sh"), true);
  addFolder("deploy/systemd", "systemd");
}
add("README.txt", text(isWindows ? "readme-windows.txt" : "readme.txt"));

const file = join(resolve(values.out), `${top}.tar.gz`);
mkdirSync(resolve(values.out), { recursive: true });
writeFileSync(file, gzipSync(Buffer.concat([...tar([...entries.values()])]), { level: 6 }));
console.log(file);
