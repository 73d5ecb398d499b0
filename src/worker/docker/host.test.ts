// Where an engine is looked for, by what people and their environment say.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { engineHosts, parseHost } from "./host.ts";

test(
  "what a person says stands above DOCKER_HOST, and that above the usual places",
  { skip: process.platform === "win32" },
  () => {
    const env = { DOCKER_HOST: "unix:///e", XDG_RUNTIME_DIR: "/run/user/7", HOME: "/home/me" };
    assert.deepEqual(
      engineHosts("unix:///a/b.sock", env).map(({ socketPath }) => socketPath),
      ["/a/b.sock"],
    );
    assert.deepEqual(
      engineHosts(undefined, env).map(({ socketPath }) => socketPath),
      ["/e"],
    );
    assert.deepEqual(
      engineHosts(undefined, { ...env, DOCKER_HOST: "" }).map(({ socketPath }) => socketPath),
      [
        ...["/var/run/docker.sock", "/run/user/7/docker.sock", "/run/user/7/podman/podman.sock"],
        ...["/home/me/.docker/run/docker.sock", "/run/podman/podman.sock"],
      ],
    );
  },
);

test("an address over the network is not this machine, and has certificates where Docker keeps them", () => {
  const { isLocal, host, port, tls } = parseHost("tcp://engine", "x", {});
  assert.deepEqual({ isLocal, host, port, tls }, { isLocal: false, host: "engine", port: 2375, tls: undefined });
  const folder = mkdtempSync(join(tmpdir(), "octopus-certs-"));
  writeFileSync(join(folder, "ca.pem"), "an authority");
  const secured = parseHost("tcp://[::1]:2376", "x", { DOCKER_CERT_PATH: folder });
  rmSync(folder, { recursive: true });
  assert.deepEqual([secured.host, secured.port, secured.tls?.ca?.toString()], ["::1", 2376, "an authority"]);
});

test("what is no address is refused with the forms there are", () => {
  for (const text of [
    "docker.sock",
    "unix://",
    "unix://rel",
    "ssh://me@there",
    "tcp://",
    "tcp://host/path",
    "npipe://",
  ])
    assert.throws(() => parseHost(text, "worker.docker.host"), {
      name: "OctopusError",
      message: new RegExp(`^worker\\.docker\\.host must be unix:///var/run/docker\\.sock, .*, not "${text}"$`),
    });
});
