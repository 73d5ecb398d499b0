/**
 * Snapshots of a shard among the shared objects: a copy of a replica's tables, and a manifest that says how far they had come.
 *
 * SN1  The manifest is written after the copy, and names its hash and size: a copy without one does not count, and one that
 *      is torn or changed is found by its hash before anything of it is used. The one before it is taken then.
 * SN2  What a snapshot holds is what the log says up to its number (the hash of that record is in the manifest), so it may be
 *      taken by any replica, whoever made it.
 */
import { createHash } from "node:crypto";
import { OctopusError } from "../base/errors.ts";
import type { Clock } from "../engine/ports.ts";
import type { Objects } from "./ports.ts";
import type { Applied, ReplicaTables } from "./replica-tables.ts";

export interface Manifest extends Applied {
  /** Name of the copy among the objects. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Of the store, and of the program that made it. */
  readonly format: number;
  readonly octopus: string;
  readonly server: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface SnapshotOptions {
  shard: string;
  server: string;
  objects: Objects;
  tables: ReplicaTables;
  clock: Clock;
  version: string;
}

const KEPT = 2;

/** What the names of a shard's snapshots begin with among the shared objects. */
export function snapshotsPrefix(shard: string): string {
  return `snapshots/${shard}/`;
}

/** With the server's name: two that copy the same at the same time do not write into each other's. */
function nameOf({ shard, server }: SnapshotOptions, { epoch, seq }: Applied): string {
  return `${snapshotsPrefix(shard)}${epoch}-${String(seq).padStart(15, "0")}-${server}`;
}

/** Copies the tables as they are. */
export async function makeSnapshot(options: SnapshotOptions): Promise<Manifest> {
  const { server, objects, tables, clock, version } = options;
  const copy = await tables.copy();
  try {
    const name = nameOf(options, copy.position);
    const hash = createHash("sha256");
    let bytes = 0;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of copy.chunks()) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    };
    await objects.put(name, counted());
    const manifest: Manifest = {
      ...copy.position,
      ...{ name, bytes, sha256: hash.digest("hex"), format: copy.format, octopus: version, server, at: clock.now() },
    };
    await objects.put(`${name}.json`, pieces(Buffer.from(JSON.stringify(manifest))));
    return manifest;
  } finally {
    copy.dispose();
  }
}

/** Those that are whole as far as their manifests tell, the newest first. */
export async function listSnapshots(objects: Objects, shard: string): Promise<Manifest[]> {
  const all = await objects.list(snapshotsPrefix(shard));
  const names = all.map(({ name }) => name).filter((name) => name.endsWith(".json"));
  const manifests = await Promise.all(names.map((name) => readManifest(objects, name)));
  return manifests.filter((manifest) => manifest !== undefined).sort((a, b) => b.epoch - a.epoch || b.seq - a.seq);
}

export async function findSnapshot(objects: Objects, name: string): Promise<Manifest | undefined> {
  return readManifest(objects, `${name}.json`);
}

/** Makes the tables what the snapshot holds; throws, and changes nothing, when it is not whole. */
export async function takeSnapshot({ objects, tables }: SnapshotOptions, manifest: Manifest): Promise<void> {
  await tables.replaceBy(await readSnapshot(objects, manifest));
}

/** The copy; throws in the end when it was not whole. */
export async function readSnapshot(objects: Objects, manifest: Manifest): Promise<AsyncIterable<Uint8Array>> {
  const chunks = await objects.get(manifest.name);
  if (chunks === undefined) throw broken(manifest, "it is not there");
  return checked(chunks, manifest);
}

/** Reads a snapshot back; throws when it is not whole. */
export async function proveSnapshot(objects: Objects, manifest: Manifest): Promise<void> {
  for await (const _ of await readSnapshot(objects, manifest));
}

/** Removes all but the newest of them; answers those that stay. */
export async function pruneSnapshots(objects: Objects, shard: string): Promise<Manifest[]> {
  const all = await listSnapshots(objects, shard);
  for (const { name } of all.slice(KEPT)) await removeSnapshot(objects, name);
  return all.slice(0, KEPT);
}

/** Its manifest first: a copy without one does not count. */
export async function removeSnapshot(objects: Objects, name: string): Promise<void> {
  await objects.remove(`${name}.json`);
  await objects.remove(name);
}

async function* checked(chunks: AsyncIterable<Uint8Array>, manifest: Manifest): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
    yield chunk;
  }
  if (bytes !== manifest.bytes || hash.digest("hex") !== manifest.sha256)
    throw broken(manifest, `its ${bytes} bytes are not the ${manifest.bytes} that were written`);
}

async function readManifest(objects: Objects, name: string): Promise<Manifest | undefined> {
  const chunks = await objects.get(name);
  if (chunks === undefined) return undefined;
  try {
    const all: Uint8Array[] = [];
    for await (const chunk of chunks) all.push(chunk);
    const manifest = JSON.parse(Buffer.concat(all).toString()) as Manifest;
    return typeof manifest.seq === "number" && typeof manifest.sha256 === "string" ? manifest : undefined;
  } catch {
    return undefined;
  }
}

function broken({ name }: Manifest, why: string): OctopusError {
  return new OctopusError("storage_failed", `the snapshot ${name} cannot be used: ${why}`);
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
