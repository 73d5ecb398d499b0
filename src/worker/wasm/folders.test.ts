/** What modules try with the folders that they were given, and with those that they were not. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Assembler, type Code, i32, i64, load, store } from "../../../test/wasm/assembler.ts";
import { Bench } from "../../../test/wasm/bench.ts";
import { CREATE, helpers, OUTPUT_FD, RIGHT_READ, RIGHT_WRITE } from "../../../test/wasm/programs.ts";
import { ERRNO } from "./calls.ts";
import { parseAllowedDirs } from "./dirs.ts";

const scratch = mkdtempSync(join(tmpdir(), "octopus-wasm-folders-"));
const open = join(scratch, "open");
const shut = join(scratch, "shut");
const secret = join(scratch, "secret");
for (const folder of [open, shut, secret, join(open, "sub"), join(shut, "sub")]) mkdirSync(folder);
writeFileSync(join(secret, "key"), "secret");
const bench = new Bench({ dirs: [open, `${shut}:ro`] });
after(async () => {
  await bench.close();
  rmSync(scratch, { recursive: true });
});

/** The first folder of the task: after that for outputs, where none for artifacts was given. */
const FIRST = OUTPUT_FD + 1;
const SECOND = FIRST + 1;
const CALLS = [
  ...["fd_write", "fd_read", "fd_close", "fd_pwrite", "fd_filestat_set_size", "fd_filestat_set_times", "fd_renumber"],
  ...["path_open", "path_create_directory", "path_filestat_set_times", "path_link", "path_remove_directory"],
  ...["path_rename", "path_symlink", "path_unlink_file", "poll_oneoff"],
];

interface Probe {
  a: Assembler;
  text(value: string): Code;
  /** Opens a path; answers an error number, and leaves the file at address 16. */
  open(folder: number, path: string, rights?: bigint, create?: number, follow?: number): Code;
}

/** The error numbers that these calls answered. */
async function answers(calls: (probe: Probe) => Code[], dirs: Record<string, string>, more: object = {}) {
  const a = new Assembler(CALLS);
  const { writeCall, copy } = helpers(a);
  const text = (value: string): Code => {
    const { at, length } = a.data(value);
    return [i32(at), i32(length)];
  };
  const path: Probe["open"] = (folder, name, rights = RIGHT_READ, create = 0, follow = 1) => {
    const how = [i32(create), i64(rights), i64(rights), i32(0), i32(16)];
    return [i32(folder), i32(follow), text(name), how, a.call("path_open")];
  };
  const all = calls({ a, text, open: path });
  const code = all.map((call, i) => [i32(512 + 4 * i), call, store()]);
  a.function("_start", 0, 0, [code, i32(1), i32(512), i32(4 * all.length), writeCall]);
  void copy;
  const { report, out, log } = await bench.run(a.build(), { dirs, ...more });
  assert.equal(report.outcome, "succeeded", JSON.stringify(report));
  const bytes = Buffer.from(out, "latin1");
  return { numbers: all.map((_, i) => bytes.readUInt32LE(4 * i)), log };
}

test("no path leads out of a folder: neither up, nor by a link, nor by one that the module makes", async () => {
  symlinkSync(join(secret, "key"), join(open, "file-link"));
  symlinkSync(secret, join(open, "folder-link"));
  symlinkSync("../secret/key", join(open, "relative-link"));
  symlinkSync(join(secret, "new"), join(open, "dangling"));
  const { numbers, log } = await answers(
    ({ a, text, open: get }) => [
      get(FIRST, "../secret/key"),
      get(FIRST, "sub/../../secret/key"),
      get(FIRST, "/etc/passwd"),
      get(FIRST, "file-link"),
      get(FIRST, "file-link", RIGHT_READ, 0, 0),
      get(FIRST, "folder-link/key"),
      get(FIRST, "folder-link"),
      get(FIRST, "relative-link"),
      get(FIRST, "folder-link/../secret/key"),
      get(FIRST, "dangling", RIGHT_WRITE, CREATE),
      [text("/etc/passwd"), i32(FIRST), text("mine"), a.call("path_symlink")],
      [text("../secret/key"), i32(FIRST), text("mine"), a.call("path_symlink")],
      [i32(FIRST), text("../secret/folder"), a.call("path_create_directory")],
      [i32(FIRST), text("folder-link/folder"), a.call("path_create_directory")],
      [i32(FIRST), text("folder-link/key"), a.call("path_unlink_file")],
      [i32(FIRST), i32(0), text("folder-link/key"), i32(FIRST), text("mine"), a.call("path_link")],
      [i32(FIRST), text("sub"), i32(FIRST), text("../secret/sub"), a.call("path_rename")],
      [i32(FIRST), text(".."), a.call("path_remove_directory")],
    ],
    { "/d": open },
  );
  assert.ok(
    numbers.every((number) => number !== ERRNO.success),
    String(numbers),
  );
  assert.match(log, /refused to the module: \/secret\/key leads out of \/d; .* and \d+ more/s);
  assert.equal(readFileSync(join(secret, "key"), "utf8"), "secret");
  assert.deepEqual([existsSync(join(secret, "new")), existsSync(join(secret, "folder"))], [false, false]);
});

test("links inside a folder are followed, and what the module may do it can", async () => {
  writeFileSync(join(open, "plain"), "plain");
  symlinkSync("plain", join(open, "to-plain"));
  const { numbers } = await answers(
    ({ a, text, open: get }) => [
      get(FIRST, "plain"),
      get(FIRST, "to-plain"),
      get(FIRST, "sub/../plain"),
      get(FIRST, "sub/new", RIGHT_WRITE, CREATE),
      [i32(FIRST), text("made"), a.call("path_create_directory")],
      [text("plain"), i32(FIRST), text("mine"), a.call("path_symlink")],
      [i32(FIRST), text("sub/new"), i32(FIRST), text("made/moved"), a.call("path_rename")],
      [i32(FIRST), text("made/moved"), a.call("path_unlink_file")],
      [i32(FIRST), text("made"), a.call("path_remove_directory")],
    ],
    { "/d": open },
  );
  assert.deepEqual(numbers, [0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test("what may only be read is not written, made, moved, removed or given another time or name", async () => {
  writeFileSync(join(shut, "plain"), "plain");
  const before = statSync(join(shut, "plain"));
  const opened = load();
  const file = (call: Code): Code => [i32(16), opened, call];
  const { numbers } = await answers(
    ({ a, text, open: get }) => [
      get(SECOND, "plain", RIGHT_WRITE),
      get(SECOND, "new", RIGHT_READ, CREATE),
      get(SECOND, "plain", RIGHT_READ, 8),
      [i32(SECOND), text("made"), a.call("path_create_directory")],
      [i32(SECOND), text("sub"), a.call("path_remove_directory")],
      [i32(SECOND), text("plain"), a.call("path_unlink_file")],
      [i32(SECOND), text("plain"), i32(FIRST), text("stolen"), a.call("path_rename")],
      [i32(SECOND), i32(0), text("plain"), i32(FIRST), text("stolen"), a.call("path_link")],
      [text("plain"), i32(SECOND), text("mine"), a.call("path_symlink")],
      [i32(SECOND), i32(0), text("plain"), i64(0), i64(0), i32(10), a.call("path_filestat_set_times")],
      get(SECOND, "plain"),
      file([i64(0), a.call("fd_filestat_set_size")]),
      file([i64(0), i64(0), i32(10), a.call("fd_filestat_set_times")]),
      file([i32(0), i32(0), i32(8), a.call("fd_write")]),
      // A number that belongs to a folder of another kind does not change what the file is.
      [i32(16), opened, i32(FIRST), a.call("fd_renumber")],
      [i32(FIRST), i64(0), a.call("fd_filestat_set_size")],
    ],
    { "/a": open, "/b": `${shut}:ro` },
  );
  const [renumbered, truncated] = numbers.slice(-2);
  const rofs = ERRNO.rofs;
  assert.deepEqual(
    numbers.slice(0, 10),
    Array.from({ length: 10 }, () => rofs),
  );
  assert.deepEqual(numbers.slice(10, 14), [0, rofs, rofs, rofs]);
  assert.deepEqual([renumbered, truncated], [0, rofs]);
  assert.equal(readFileSync(join(shut, "plain"), "utf8"), "plain");
  assert.equal(statSync(join(shut, "plain")).mtimeMs, before.mtimeMs);
  assert.ok(!existsSync(join(open, "stolen")));
});

test("a folder below one that may only be read is no way around that", async () => {
  const directory = 2;
  const { numbers } = await answers(
    ({ a, text, open: get }) => [
      get(FIRST, "sub", 0x1fff_ffffn, directory),
      [i32(16), load(), text("made"), a.call("path_create_directory")],
      [i32(16), load(), i32(1), text("new"), i32(CREATE), i64(64), i64(64), i32(0), i32(20), a.call("path_open")],
      [i32(16), load(), i32(1), text("../../secret/key"), i32(0), i64(2), i64(2), i32(0), i32(20), a.call("path_open")],
    ],
    { "/b": `${shut}:ro` },
  );
  assert.equal(numbers[0], ERRNO.rofs, "it asked for the right to write");
  const reading = await answers(
    ({ a, text, open: get }) => [
      get(FIRST, "sub", (1n << 13n) | (1n << 14n) | (1n << 9n) | (1n << 10n), directory),
      [i32(16), load(), text("made"), a.call("path_create_directory")],
      [i32(16), load(), i32(1), text("new"), i32(CREATE), i64(64), i64(64), i32(0), i32(20), a.call("path_open")],
      [i32(16), load(), i32(1), text("../../secret/key"), i32(0), i64(2), i64(2), i32(0), i32(20), a.call("path_open")],
    ],
    { "/b": `${shut}:ro` },
  );
  assert.deepEqual(reading.numbers, [0, ERRNO.rofs, ERRNO.rofs, ERRNO.notcapable]);
});

test("a pipe in a folder is not opened: nothing could end who waits for the other end", async () => {
  execFileSync("mkfifo", [join(open, "pipe")]);
  const { numbers, log } = await answers(({ open: get }) => [get(FIRST, "pipe")], { "/d": open });
  assert.deepEqual(numbers, [ERRNO.acces]);
  assert.match(log, /\/d\/pipe is no file and no folder/);
});

test("of the folder for outputs only the file is there", async () => {
  const { numbers } = await answers(
    ({ a, text, open: get }) => [
      get(OUTPUT_FD, "other", RIGHT_WRITE, CREATE),
      get(OUTPUT_FD, "../1/x", RIGHT_WRITE, CREATE),
      [i32(OUTPUT_FD), text("made"), a.call("path_create_directory")],
      [i32(OUTPUT_FD), text("values"), i32(OUTPUT_FD), text("other"), a.call("path_rename")],
      get(OUTPUT_FD, "values", RIGHT_WRITE, CREATE),
    ],
    {},
  );
  assert.deepEqual(
    numbers.map((number) => number === 0),
    [false, false, false, false, true],
  );
});

test("a folder that the worker does not allow, that is not there or may only be read fails the task with words", async () => {
  const a = new Assembler([]);
  a.function("_start", 0, 0, []);
  const module = a.build();
  const cases: [Record<string, string>, RegExp][] = [
    [
      { "/d": secret },
      /dirs: \/d: .*\/secret is not allowed on this worker, which allows .*\/open, .*\/shut to read \(worker\.wasm\.dirs\)$/,
    ],
    [{ "/d": join(secret, "not-there") }, /is not allowed on this worker/],
    [{ "/d": join(open, "not-there") }, /is no folder on this worker; make it, or name another one$/],
    [{ "/d": join(open, "folder-link") }, /is not allowed on this worker/],
    [{ "/d": `${open}/../secret` }, /is not allowed on this worker/],
    [{ "/d": shut }, /may only be read on this worker; put :ro behind it$/],
    [{ "/octopus/x": open }, /stands where the files of the attempt are/],
    [{ "/d/../e": open }, /has \.\. in it/],
    [{ "/d": open, "/d/": open }, /two folders stand at \/d/],
  ];
  for (const [dirs, message] of cases) {
    const { report } = await bench.run(module, { dirs });
    assert.deepEqual([report.outcome, report.retryable], ["failed", false]);
    assert.match(report.error!.message, message);
  }
  assert.throws(() => parseAllowedDirs(["data"]), /worker\.wasm\.dirs must be absolute paths .* not "data"/);
});
