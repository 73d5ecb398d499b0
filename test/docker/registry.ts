/**
 * A registry of images with two names: `one:1`, an image as the test's engine has it, and `hangs:1`, whose content never
 * comes. Everything else is not there. With `closed` it is for `me` with the password `pass:word` alone. Run by the tests beside the engine, which may use HTTP with its own machine alone:
 * `node registry.ts LAYER.tar [closed]` prints its port.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const blobs = new Map<string, Buffer>();

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
function blob(bytes: Buffer, mediaType: string) {
  blobs.set(digestOf(bytes), bytes);
  return { mediaType, size: bytes.length, digest: digestOf(bytes) };
}

const layer = readFileSync(process.argv[2]!);
const isClosed = process.argv[3] === "closed";
const imageOf = (diff: Buffer): Buffer =>
  Buffer.from(
    JSON.stringify({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config: { Entrypoint: ["/bin/echo", "from the image:"], Env: ["PATH=/bin"] },
      rootfs: { type: "layers", diff_ids: [digestOf(diff)] },
    }),
  );
function manifestOf(diff: Buffer, config: Buffer): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: blob(config, "application/vnd.docker.container.image.v1+json"),
      layers: [blob(gzipSync(diff), "application/vnd.docker.image.rootfs.diff.tar.gzip")],
    }),
  );
}
const absent = Buffer.from("it never comes");
const manifests = new Map([
  ["one", manifestOf(layer, imageOf(layer))],
  ["hangs", manifestOf(absent, imageOf(absent))],
]);
const hanging = digestOf(gzipSync(absent));

function manifest(name: string, ref: string): Buffer | undefined {
  const found = manifests.get(name);
  return found !== undefined && (ref === "1" || ref === digestOf(found)) ? found : undefined;
}

const server = createServer((request, response) => {
  const [, , name = "", kind, ref = ""] = request.url!.split("/");
  const isMe = request.headers.authorization === `Basic ${btoa("me:pass:word")}`;
  if (isClosed && !isMe) {
    response.setHeader("www-authenticate", 'Basic realm="the test"');
    return answer(
      response,
      401,
      Buffer.from(JSON.stringify({ errors: [{ code: "UNAUTHORIZED" }] })),
      "application/json",
    );
  }
  if (name === "") return answer(response, 200, Buffer.from("{}"), "application/json");
  if (ref === hanging) return undefined;
  const found = kind === "manifests" ? manifest(name, ref) : blobs.get(ref);
  if (found !== undefined) {
    response.setHeader("docker-content-digest", digestOf(found));
    return answer(response, 200, found, kind === "manifests" ? MANIFEST : "application/octet-stream");
  }
  const error = { errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] };
  return answer(response, 404, Buffer.from(JSON.stringify(error)), "application/json");
});

function answer(response: ServerResponse, status: number, body: Buffer, type: string): void {
  response.writeHead(status, { "content-type": type, "content-length": body.length });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
