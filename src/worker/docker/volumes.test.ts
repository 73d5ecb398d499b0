// What of the machine a container may use: nothing but what the settings name, whatever links and paths say.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { mountsOf, parseAllowed } from "./volumes.ts";

const base = realpathSync(mkdtempSync(join(tmpdir(), "octopus-volumes-")));
const [data, cache, other] = ["data", "cache", "data-of-others"].map((name) => join(base, name)) as [
  string,
  string,
  string,
];
const socketPath = join(base, "data", "engine", "docker.sock");
const server = createServer();
const skip = process.platform === "win32";

before(async () => {
  for (const folder of [join(data, "in"), cache, other, join(data, "engine")]) mkdirSync(folder, { recursive: true });
  symlinkSync(other, join(data, "out"));
  symlinkSync(join(data, "in"), join(base, "link-to-in"));
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
});
after(() => {
  server.close();
  rmSync(base, { recursive: true, force: true });
});

const ask = (volume: string, allowed: string[] = [data, `${cache}:ro`]) =>
  mountsOf([volume], { allowed: parseAllowed(allowed), isLocal: true, socketPath });

const textOf = (said: Awaited<ReturnType<typeof ask>>): string =>
  typeof said === "string" ? said : `mounted ${JSON.stringify(said)}`;

test("what is allowed is mounted by its real path", { skip }, async () => {
  const mount = { Type: "bind", Source: join(data, "in"), Target: "/x", ReadOnly: false };
  assert.deepEqual(await ask(`${data}/in:/x`), [mount]);
  assert.deepEqual(await ask(`${base}/link-to-in:/x/:rw`), [mount]);
  assert.deepEqual(await ask(`${cache}/:/x:ro`), [{ ...mount, Source: cache, ReadOnly: true }]);
  assert.deepEqual(await ask("named:/x"), [{ ...mount, Type: "volume", Source: "named" }]);
  // A link that is itself named leads where it leads.
  assert.deepEqual(await ask(`${base}/link-to-in:/x`, [`${base}/link-to-in`]), [mount]);
});

test("what is not allowed is refused, and what is there is not told", { skip }, async () => {
  const refused = async (volume: string, words: RegExp, allowed?: string[]): Promise<void> => {
    const said = await ask(volume, allowed);
    assert.match(textOf(said), words, volume);
  };
  for (const path of ["/etc", base, other, `${data}/out`, `${base}/nope`, `${data}/engine/../../data-of-others`])
    await refused(
      `${path}:/x`,
      /is not allowed on this worker, which allows .*data, .*cache \(to read\)|has \.\. in it/,
    );
  await refused(`${cache}:/x`, /may only be read on this worker; put :ro behind it/);
  await refused(`${data}/nope:/x`, /there is no .*nope on this worker; make it/);
  await refused(`${data}:/x`, /allows no folder of its machine \(worker\.docker\.volumes\)/, []);
});

test("a socket of an engine is mounted only by its own name", { skip }, async () => {
  for (const path of [data, join(data, "engine"), socketPath]) {
    const said = await ask(`${path}:/x:ro`);
    assert.match(textOf(said), /gives away the container engine \(.*docker\.sock\), and with it the machine/, path);
  }
  assert.deepEqual(await ask(`${socketPath}:/x`, [socketPath]), [
    { Type: "bind", Source: socketPath, Target: "/x", ReadOnly: false },
  ]);
});

test("folders of another machine cannot be checked, so none is mounted", async () => {
  const rules = { allowed: parseAllowed([data]), isLocal: false };
  assert.match(textOf(await mountsOf([`${data}:/x`], rules)), /on another machine/);
});

test("settings that name no folder are refused", () => {
  for (const text of ["data", "", "/a/../b", "./x", "/a/./b"])
    assert.throws(() => parseAllowed([text]), /worker\.docker\.volumes must be absolute paths/);
});
