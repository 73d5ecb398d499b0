/** Programs that tests need and npm does not carry: the one list of them, and their installation where that can be. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Any of these shows the dashboard; the first is Debian's. Others have them under names of their own. */
const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

/** Debian's package, the program (or one of them, or the file) that shows that it is there, and what needs it. */
const PACKAGES = [
  { name: "busybox-static", program: "busybox", neededFor: "the image of the tests with containers" },
  {
    name: "chromium",
    program: BROWSERS,
    neededFor: "the tests of the dashboard",
    without: "OCTOPUS_TEST_WITHOUT_BROWSER",
  },
  { name: "curl", program: "curl", neededFor: "the HTTP requests of the README" },
  { name: "docker.io", program: "dockerd", neededFor: "the tests with containers, in namespaces of their own" },
  {
    name: "dropbear-bin",
    program: "dropbear",
    neededFor: "the tests of the SSH executor, a server on a port of its own",
  },
  {
    name: "fonts-dejavu-core",
    file: "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    neededFor: "letters in the pictures of the dashboard",
    without: "OCTOPUS_TEST_WITHOUT_BROWSER",
  },
  { name: "iproute2", program: "ip", neededFor: "the tests of several machines, as network namespaces" },
  { name: "openssl", program: "openssl", neededFor: "the signed lines that the dashboard shows for webhooks" },
  {
    name: "postgresql-15",
    file: "/usr/lib/postgresql/15/bin/postgres",
    neededFor: "the tests of a cluster on PostgreSQL, a server on a port of its own",
    without: "OCTOPUS_TEST_WITHOUT_POSTGRES",
  },
  { name: "sqlite3", program: "sqlite3", neededFor: "the database commands of the README" },
  { name: "tmux", program: "tmux", neededFor: "the tests of the terminal dashboard, in a real terminal" },
];

/** Installs what is missing as root on Debian; anywhere else says what to install, and the tests that need it fail. */
export function installDebianPackages() {
  const missing = PACKAGES.filter((one) => process.env[one.without ?? ""] === undefined && !isInstalled(one));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  const command = `apt-get install -y --no-install-recommends ${names.join(" ")}`;
  if (process.getuid?.() === 0 && isThere("apt-get", ["--version"])) {
    process.stderr.write(`Installing Debian packages: ${names.join(", ")} ...\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const options = { env, encoding: "utf8", shell: true };
    spawnSync("apt-get update -qq", options);
    const done = spawnSync(command, options);
    if (done.status === 0) return;
    process.stderr.write(`${command} failed:\n${done.stdout}${done.stderr}\n`);
  }
  const reasons = missing.map(({ name, neededFor }) => `  ${name}: for ${neededFor}`).join("\n");
  process.stderr.write(
    `Some tests will fail, for these programs are missing:\n${reasons}\nOn Debian: sudo ${command}\n`,
  );
}

function isInstalled({ program, file }) {
  if (file !== undefined) return existsSync(file);
  return [program].flat().some((one) => isThere(one, ["--version"]));
}

function isThere(program, args) {
  return spawnSync(program, args, { stdio: "ignore" }).error === undefined;
}
