/** `octopus top` in a real terminal, on a real server: keys in, screen out. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Place, endProcess, until } from "../integration/place.ts";
import { TestTerminal } from "./terminal.ts";

const bin = process.env["OCTOPUS_E2E_BIN"];
const ESC = "\\033";

describe("octopus top", () => {
  const place = new Place({}, bin === undefined ? undefined : [process.execPath, bin]);
  let terminal: TestTerminal;

  const submit = async (task: object): Promise<string> =>
    (await place.call<{ id: string }>("POST", "/tasks", task)).body.id;
  const stateOf = async (id: string): Promise<string> =>
    (await place.call<{ state: string }>("GET", `/tasks/${id}`)).body.state;
  /** Processes of the program by a word of their command line; not the shells around them. */
  const pidsOf = (word: RegExp): number[] =>
    place
      .processes()
      .filter(({ command }) => !/tmux|bash/.test(command) && word.test(command))
      .map(({ pid }) => pid);
  const isBack = async (): Promise<void> => {
    await until("the terminal is as it was", async () => {
      const { isOther, hasCursor, hasMouse, wraps } = await terminal.modes();
      return !isOther && hasCursor && !hasMouse && wraps;
    });
    // What is typed before the shell has the terminal back may still be read by the program.
    await terminal.shows(/^ready>\s*(?![\s\S])/m);
    await terminal.type("stty -a | grep -c ' icanon'; echo typed");
    await terminal.keys("Enter");
    await terminal.shows(/^1\s*\ntyped/m);
  };

  before(async () => {
    await place.serve("up");
  });
  // What one test leaves open must not be in the way of the next.
  beforeEach(async () => {
    terminal = await TestTerminal.open(place, 90, 24);
  });
  afterEach(() => terminal.close());
  after(() => place.close());

  it("shows what is there, is filtered, opened and acted upon by keys, and puts the terminal back", async () => {
    const build = `for i in 1 2 3; do printf '${ESC}[32mgreen %d${ESC}[0m\\n' $i; done; sleep 300`;
    const running = await submit({ shell: build, name: "long-build", retries: 0 });
    const failed = await submit({ shell: "echo 'no such table' >&2; exit 3", name: "import", retries: 0 });
    await until("it failed", async () => (await stateOf(failed)) === "failed");
    await terminal.start("top");
    await terminal.shows(/1 dead letter/);
    assert.deepEqual(await terminal.modes(), { isOther: true, hasCursor: false, hasMouse: true, wraps: false });
    await terminal.keys("2");
    await terminal.shows(/✗ failed +import +exited with code 3: no such/);
    await terminal.keys("/");
    await terminal.type("state:running");
    await terminal.keys("Enter");
    const narrowed = await terminal.shows(/\/ state:running +1 shown/);
    assert.doesNotMatch(narrowed, /import/);
    await terminal.keys("Enter");
    await terminal.shows(/Time\n[\s\S]*Facts/);
    await terminal.keys("l");
    await terminal.shows(/log of [\s\S]*green 1\n\s+green 2\n\s+green 3/);
    await terminal.keys("c");
    await terminal.shows(/Cancel .*long-build\?/);
    await terminal.keys("y");
    await until("it is cancelled", async () => (await stateOf(running)) === "cancelled");
    await terminal.shows(/⊘ cancelled/);
    await terminal.keys("q");
    await isBack();
  });

  it("shows new tasks by itself, and follows them while the cursor is at the top", async () => {
    await terminal.start("top --tab tasks");
    const id = await submit({ shell: "true", name: "came-meanwhile" });
    await terminal.shows(new RegExp(`^ ${id} +✓ succeeded +came-meanwhile`, "m"));
    await terminal.keys("C-c");
    await isBack();
  });

  it("says why a task waits, what else there is by clicks, and what keys there are", async () => {
    await submit({ shell: "true", name: "wants-a-gpu", target: { labels: "gpu" } });
    await terminal.start("top");
    await terminal.shows(/2 Tasks/);
    await terminal.click(14, 2);
    await terminal.shows(/wants-a-gpu/);
    await terminal.keys("e");
    await terminal.shows(/Why it waits\n[\s\S]*gpu[\s\S]*octopus worker --labels gpu/);
    await terminal.keys("?");
    await terminal.shows(/Move\n +1 … 7/);
    await terminal.keys("Escape");
    await terminal.click(35, 2);
    await terminal.shows(/WORKER +STATE +SLOTS/);
    await terminal.keys("q");
    await isBack();
  });

  it("keeps its lines whatever names and output hold", async () => {
    const name = "\u202e日本語。 👨‍👩‍👧 🇩🇪 e\u0301 שלום \u001b]0;stolen\u0007\u001b[2J end";
    await submit({ shell: `printf '${ESC}]0;stolen${ESC}\\\\${ESC}[2J${ESC}[Hprinted\\n'; exit 1`, name, retries: 0 });
    await terminal.start("top --tab tasks");
    const screen = await terminal.shows(/日本語/);
    const lines = screen.split("\n");
    assert.match(lines[0]!, /^ octopus 127\.0\.0\.1/);
    assert.match(lines[1]!, / 2 Tasks /);
    // Every sign of it stands in its own row, and the columns behind it where those of others are.
    const row = lines.find((line) => line.includes("日本語"))!;
    assert.match(row, /␛\]0;stolen␇␛\[2J|⟨U\+202E⟩/);
    assert.match(row, /\s\d+m?s$/);
    await terminal.keys("l");
    await terminal.shows(/^ +printed/m);
    assert.notEqual(await terminal.title(), "stolen");
    await terminal.keys("q");
    await isBack();
  });

  it("fits every size", async () => {
    await terminal.start("top --tab tasks");
    await terminal.resize(38, 10);
    const small = await terminal.shows(/38×10 is small/);
    assert.ok(small.split("\n").every((line) => line.length <= 38));
    await terminal.resize(150, 40);
    await terminal.keys("1");
    await terminal.shows(/│/);
    await terminal.resize(80, 24);
    await terminal.shows(/q quit\s*$/);
    await terminal.keys("q");
    await isBack();
  });

  it("steps aside for Ctrl-Z, and comes back with fg", async () => {
    await terminal.start("top --tab workers");
    await terminal.shows(/● online/);
    await terminal.keys("C-z");
    await terminal.shows(/Stopped/);
    await isBack();
    await terminal.type("fg");
    await terminal.keys("Enter");
    await terminal.shows(/4 Workers[\s\S]*● online/);
    assert.equal((await terminal.modes()).isOther, true);
    await terminal.keys("q");
    await isBack();
  });

  it("puts the terminal back when it is told to end", async () => {
    for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) {
      await terminal.start("top");
      await terminal.shows(/q quit/);
      const own = pidsOf(/\/cli\/main\.\w+ top/);
      assert.equal(own.length, 1);
      endProcess(own[0]!, signal);
      await isBack();
    }
  });

  it("keeps its picture while the server is away, and comes back by itself", async () => {
    await terminal.start("top --tab tasks");
    await terminal.shows(/came-meanwhile/);
    const processes = (): number[] => pidsOf(/\/cli\/main\.\w+ up|\/worker\//);
    for (const pid of processes()) endProcess(pid, "SIGKILL");
    const away = await terminal.shows(/no answer for/);
    assert.match(away, /came-meanwhile/);
    await until("its processes ended", () => processes().length === 0);
    await place.serve("up");
    const id = await submit({ shell: "true", name: "after-the-fall" });
    await terminal.shows(new RegExp(`^ ${id} +. \\w+ +after-the-fall`, "m"));
    assert.doesNotMatch(await terminal.text(), /no answer/);
    await terminal.keys("q");
    await isBack();
  });

  it("stands before a slow server has answered, and leaves the screen to what that says in the end", async () => {
    const held: Socket[] = [];
    const slow = createServer((socket) => held.push(socket)).listen(0, "127.0.0.1");
    await once(slow, "listening");
    await terminal.start(`top --server http://127.0.0.1:${(slow.address() as AddressInfo).port}`);
    await terminal.shows(/connecting …/);
    await terminal.keys("2");
    await terminal.shows(/reading …/);
    slow.close();
    for (const socket of held) socket.destroy();
    await terminal.shows(/octopus: no answer from/);
    await isBack();
  });

  it("prints the overview once where there is no terminal, and a value for programs", async () => {
    const text = await place.run(["top"]);
    assert.equal(text.code, 0, text.err);
    assert.match(text.out, /Arms\n ARM +STATE/);
    assert.ok(!text.out.includes("\u001b"));
    const value = JSON.parse((await place.run(["top", "-o", "json"])).out) as { dead: { name: string }[] };
    assert.ok(value.dead.some(({ name }) => name === "import"));
    const away = await place.run(["top"], { OCTOPUS_SERVER_URL: "http://127.0.0.1:9" });
    assert.equal(away.code, 3);
    assert.match(away.err, /no answer from http:\/\/127\.0\.0\.1:9/);
    assert.equal((await place.run(["top", "--tab", "nowhere"])).code, 2);
  });
});
