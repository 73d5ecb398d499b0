/** Programs that tests need and npm does not carry: the one list of them, and their installation where that can be. */
import { spawnSync } from "node:child_process";

/** Debian's package, the program that shows that it is there, and what needs it. */
const PACKAGES = [
  { name: "curl", program: "curl", neededFor: "the HTTP requests of the README" },
  { name: "iproute2", program: "ip", neededFor: "the tests of several machines, as network namespaces" },
  { name: "sqlite3", program: "sqlite3", neededFor: "the database commands of the README" },
];

/** Installs what is missing as root on Debian; anywhere else says what to install, and the tests that need it fail. */
export function installDebianPackages() {
  const missing = PACKAGES.filter(({ program }) => !isThere(program, ["--version"]));
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

function isThere(program, args) {
  return spawnSync(program, args, { stdio: "ignore" }).error === undefined;
}
