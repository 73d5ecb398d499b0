/**
 * A real terminal for a test: tmux on a socket of its own, with a shell in it that has the program under test as its
 * arguments. What is typed goes through a pseudo-terminal; what is read is what a person would see.
 */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Place, until } from "../integration/place.ts";

const execute = promisify(execFile);
let opened = 0;

export class TestTerminal {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** A shell in a terminal of this size; `start` runs the program in it. */
  static async open(place: Place, columns = 80, rows = 24): Promise<TestTerminal> {
    const terminal = new TestTerminal(join(place.dir, `tmux-${opened++}`));
    const startup = join(place.dir, "bashrc");
    writeFileSync(startup, "PS1='ready> '\n");
    const size = ["-x", String(columns), "-y", String(rows)];
    const tmux = ["tmux", "-S", terminal.#socket, "-f", "/dev/null", "new-session", "-d", ...size];
    // With -s the words that follow are the shell's own arguments: "$@" starts the program.
    const started = place.start([], {
      through: [...tmux, "bash", "--rcfile", startup, "-i", "-s"],
      env: { OCTOPUS_SERVER_URL: place.url, NO_COLOR: "", TERM: "xterm-256color" },
    });
    await started.end;
    await terminal.#tmux("set", "-g", "status", "off");
    await terminal.resize(columns, rows);
    await terminal.shows(/ready>/);
    return terminal;
  }

  /** Runs the program with these words, and waits for the first of its screens. */
  async start(words: string): Promise<void> {
    await this.type(`clear; "$@" ${words}`);
    await this.keys("Enter");
    await this.shows(/1 Overview/);
  }

  /** Presses keys by tmux's names: `Enter`, `C-c`, `j`. */
  async keys(...names: string[]): Promise<void> {
    await this.#tmux("send-keys", ...names);
  }

  async type(text: string): Promise<void> {
    await this.#tmux("send-keys", "-l", text);
  }

  /** Presses the left button of the mouse on a place, counted from 1. */
  async click(column: number, row: number): Promise<void> {
    await this.type(`\u001b[<0;${column};${row}M\u001b[<0;${column};${row}m`);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** What stands on the screen, line by line. */
  async text(): Promise<string> {
    return this.#tmux("capture-pane", "-p");
  }

  /** Waits until the screen shows this, and answers the screen. */
  async shows(pattern: RegExp): Promise<string> {
    let last = "";
    try {
      return await until(`the terminal shows ${pattern}`, async () => {
        last = await this.text();
        return pattern.test(last) && last;
      });
    } catch (error) {
      throw new Error(`${String(error)}\n${last}`, { cause: error });
    }
  }

  /** Modes of the terminal that a program must put back: other screen, cursor, mouse, wrapping of lines. */
  async modes(): Promise<{ isOther: boolean; hasCursor: boolean; hasMouse: boolean; wraps: boolean }> {
    const format = "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{wrap_flag}";
    const flags = (await this.#tmux("display-message", "-p", format)).trim().split(" ");
    const [isOther, hasCursor, hasMouse, wraps] = flags.map((flag) => flag === "1");
    return { isOther: isOther!, hasCursor: hasCursor!, hasMouse: hasMouse!, wraps: wraps! };
  }

  /** The title that the terminal was given. */
  async title(): Promise<string> {
    return (await this.#tmux("display-message", "-p", "#{pane_title}")).trim();
  }

  /** Ends everything in it. */
  async close(): Promise<void> {
    await this.#tmux("kill-server").catch(() => undefined);
  }

  async #tmux(...words: string[]): Promise<string> {
    return (await execute("tmux", ["-S", this.#socket, ...words])).stdout;
  }
}
