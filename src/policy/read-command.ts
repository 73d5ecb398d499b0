/**
 * From the text of a command to the programs that it starts: every one that stands in it, in whatever branch, pipe, loop,
 * function or substitution, and those that others start for it (`sudo`, `sh -c`, `xargs`, `find -exec`).
 *
 * RC1  Whatever the text is, reading it ends, soon, and throws nothing: what is too much is said so.
 * RC2  What only the shell will know is never guessed; a program whose name is not known has UNKNOWN in it.
 */
import type { Assignment, Command, Pipeline, Redirection, Script, SyntaxNode, Word } from "unbash";
import { isForkBomb } from "./fork-bomb.ts";
import { pathOf, UNKNOWN } from "./paths.ts";
import type { ShellParser } from "./shell-parser.ts";
import { tooMuch } from "./shell-parser.ts";
import { HARMLESS, type SimpleCommand } from "./simple.ts";
import { isPlainWrapper, runsArgument, runsInput, unwrap } from "./unwrap.ts";
import { readParts, type ReadWord, readWord } from "./words.ts";

const DEPTH_MAX = 60;
const COMMANDS_MAX = 5000;
const NODES_MAX = 50_000;
const NESTED_MAX = 12;
/** Of a text, and all texts in it that are run. */
const CHARACTERS_MAX = 512 * 1024;
const SHOWN = 120;

export interface CommandText {
  command: string;
  /** Program and arguments that run the text; absent: a shell. */
  shell?: readonly string[] | undefined;
  cwd?: string | undefined;
  env?: Readonly<Record<string, string>> | undefined;
}

export interface ReadCommand {
  commands: SimpleCommand[];
  /** Why it was not read to its end. */
  problem?: string;
}

export function readCommand(
  text: string,
  { cwd, env }: Omit<CommandText, "command">,
  parser: ShellParser,
): ReadCommand {
  return new Reader(parser, { cwd: startFolder(cwd), env }).read(text);
}

function startFolder(cwd: string | undefined): string | undefined {
  return cwd?.startsWith("/") === true && !cwd.includes("${{") ? pathOf(cwd, undefined) : undefined;
}

/** What a part of the text stands in. */
interface Around {
  /** Programs behind it in the pipe. */
  to: SimpleCommand[];
  /** What runs its output as code. */
  runBy?: SimpleCommand | undefined;
}

interface Files {
  reads: string[];
  writes: string[];
  /** Here-documents and here-strings, where their text is known. */
  inputs: string[];
  /** Commands in place of files that it reads. */
  scripts: Script[];
  /** Commands in its here-documents. */
  inside: Script[];
}

class Reader {
  readonly #parser: ShellParser;
  readonly #commands: SimpleCommand[] = [];
  readonly #functions = new Set<string>();
  #variables: Map<string, string | undefined>;
  #cwd: string | undefined;
  #source = "";
  #depth = 0;
  #nested = 0;
  #nodes = 0;
  #characters = 0;
  #problem: string | undefined;

  constructor(parser: ShellParser, { cwd, env }: Pick<CommandText, "cwd" | "env">) {
    this.#parser = parser;
    this.#cwd = cwd;
    this.#variables = new Map<string, string | undefined>([["HOME", "~"]]);
    if (cwd !== undefined) this.#variables.set("PWD", cwd);
    for (const [name, value] of Object.entries(env ?? {}))
      this.#variables.set(name, value.includes("${{") ? undefined : value);
  }

  read(text: string): ReadCommand {
    this.#text(text, { to: [] });
    return { commands: this.#commands, ...(this.#problem !== undefined && { problem: this.#problem }) };
  }

  /** A text that is run: the whole, or what is handed to a shell inside of it. */
  #text(text: string, around: Around): SimpleCommand[] {
    this.#characters += text.length;
    const isTooDeep = this.#nested >= NESTED_MAX || this.#characters > CHARACTERS_MAX;
    const problem = tooMuch(text) ?? (isTooDeep ? "holds too many commands inside each other" : undefined);
    if (problem !== undefined) {
      this.#problem ??= problem;
      return [];
    }
    const before = this.#commands.length;
    const source = this.#source;
    this.#nested++;
    this.#source = text;
    this.#script(this.#parser.parse(text), around);
    this.#source = source;
    this.#nested--;
    return this.#commands.slice(before);
  }

  #script(script: Script & { errors?: readonly { message: string }[] | undefined }, around: Around): void {
    const fault = script.errors?.[0];
    if (fault !== undefined) this.#problem ??= `cannot be read by the rules of a shell: ${fault.message}`;
    const source = this.#source;
    if (script.source !== undefined) this.#source = script.source;
    for (const statement of script.commands) this.#visit(statement, around);
    this.#source = source;
  }

  #visit(node: SyntaxNode, around: Around): void {
    if (++this.#nodes > NODES_MAX || this.#commands.length > COMMANDS_MAX || this.#depth > DEPTH_MAX) {
      this.#problem ??= "is too large to be looked at";
      return;
    }
    this.#depth++;
    switch (node.type) {
      case "Command":
        this.#command(node, around);
        break;
      case "Pipeline":
        this.#pipeline(node, around);
        break;
      case "Subshell":
        this.#apart(() => this.#inside(node, around));
        break;
      case "Script":
        this.#apart(() => this.#script(node, { to: [] }));
        break;
      case "Redirected": {
        const files = this.#files(node.redirects);
        const outer = this.#emit([""], { ...around, files, env: [], text: this.#shown(node) });
        this.#visit(node.command, around);
        this.#substituted(files, outer);
        break;
      }
      case "Function": {
        const name = node.name.value;
        this.#functions.add(name);
        if (isForkBomb(name, node.body, this.#parser)) this.#bomb(name, this.#shown(node));
        this.#visit(node.body, around);
        break;
      }
      case "Word":
        for (const script of this.#word(node).scripts) this.#apart(() => this.#script(script, { to: [] }));
        break;
      default:
        this.#inside(node, around);
    }
    this.#depth--;
  }

  #inside(node: SyntaxNode, around: Around): void {
    this.#parser.forEachChild(node, (child) => this.#visit(child, around));
  }

  /** What is set in it, and where it goes, does not last. */
  #apart(run: () => void): void {
    const variables = new Map(this.#variables);
    const cwd = this.#cwd;
    run();
    this.#variables = variables;
    this.#cwd = cwd;
  }

  /** From its end: each part is to know who gets its output. */
  #pipeline({ commands }: Pipeline, around: Around): void {
    const to = [...around.to];
    for (const command of commands.toReversed()) {
      const before = this.#commands.length;
      this.#apart(() => this.#visit(command, { ...around, to: [...to] }));
      const own = this.#commands.slice(before);
      for (const one of own) {
        this.#feed(one, to);
        one.to.push(...to.filter((other) => !one.to.includes(other)));
      }
      to.unshift(...own);
    }
  }

  /** What `echo` says to a shell is a command, too. */
  #feed({ name, args }: SimpleCommand, to: readonly SimpleCommand[]): void {
    if (name !== "echo" && name !== "printf") return;
    const shell = to.find((one) => runsInput(one.name, one.args) && isReadByShell(one.name));
    if (shell === undefined) return;
    const words = args.filter((arg, at) => !(name === "echo" && at === 0 && /^-[neE]+$/.test(arg)));
    const text = words.join(" ").replace(/\\n/g, "\n");
    this.#apart(() => this.#text(text, { to: [] }));
  }

  #word(word: Word): ReadWord {
    return readWord(word, this.#variables);
  }

  #command(node: Command, around: Around): void {
    const env: string[] = [];
    const scripts: { script: Script; index: number }[] = [];
    for (const part of node.prefix) {
      if (part.type !== "Assignment") continue;
      env.push(part.name);
      scripts.push(...this.#assign(part, node.name === undefined).map((script) => ({ script, index: -1 })));
    }
    const argv: string[] = [];
    const words: (Word | Assignment)[] = node.name === undefined ? [] : [node.name, ...node.args];
    for (const word of words) {
      const index = argv.length - 1;
      if (word.type === "Assignment") {
        scripts.push(...this.#assign(word, true).map((script) => ({ script, index })));
        env.push(word.name);
        argv.push(word.text);
        continue;
      }
      const read = this.#word(word);
      scripts.push(...read.scripts.map((script) => ({ script, index })));
      argv.push(...read.texts);
    }
    const files = this.#files(node.redirects);
    // Assignments alone start nothing.
    const isNothing = argv.length === 0 && files.writes.length === 0 && env.length === 0;
    const made = isNothing
      ? []
      : this.#emit(argv.length === 0 ? [""] : argv, { ...around, files, env, text: this.#shown(node) });
    for (const { script, index } of scripts) {
      const by = made.find((one) => runsArgument(one.name, one.args, index - (argv.length - 1 - one.args.length)));
      this.#apart(() => this.#script(script, { to: [], runBy: by }));
    }
    this.#substituted(files, made);
  }

  /** Commands whose output is the input of these. */
  #substituted({ scripts, inside }: Files, made: readonly SimpleCommand[]): void {
    const by = made.find((one) => runsInput(one.name, one.args));
    for (const script of scripts) this.#apart(() => this.#script(script, { to: [...made], runBy: by }));
    for (const script of inside) this.#apart(() => this.#script(script, { to: [], runBy: by }));
  }

  #assign({ name, value, append }: Assignment, lasts: boolean): Script[] {
    if (value.type !== "Word") {
      if (lasts) this.#variables.set(name, undefined);
      return value.elements.flatMap((element) => this.#word(element).scripts);
    }
    const { texts, scripts } = this.#word(value);
    const [text] = texts;
    const isKnown = texts.length === 1 && !text!.includes(UNKNOWN) && append !== true;
    // Only one that nothing else sets is surely what it is here: a loop or a branch may set it twice.
    const before = this.#variables.get(name);
    if (lasts) this.#variables.set(name, isKnown ? text : before === undefined ? undefined : before);
    return scripts;
  }

  #files(redirects: readonly Redirection[]): Files {
    const files: Files = { reads: [], writes: [], inputs: [], scripts: [], inside: [] };
    for (const redirect of redirects) {
      if (redirect.type === "HereDoc") {
        const { parts, text } = redirect.body;
        const read = parts === undefined ? { texts: [text], scripts: [] } : readParts(parts, this.#variables);
        files.inputs.push(...read.texts);
        files.inside.push(...read.scripts);
        continue;
      }
      if (redirect.target === undefined) continue;
      const { texts, scripts } = this.#word(redirect.target);
      if (redirect.type === "HereString") {
        files.inputs.push(...texts);
        files.inside.push(...scripts);
        continue;
      }
      files.scripts.push(...scripts);
      const isNumber = /^\d+-?$|^-$/.test(texts[0] ?? "") && redirect.operator.includes("&");
      if (isNumber) continue;
      if (redirect.operator === "<" || redirect.operator === "<&") files.reads.push(...texts);
      else files.writes.push(...texts);
    }
    return files;
  }

  /** Notes what starts, and what that starts. */
  #emit(argv: readonly string[], how: Around & { files: Files; env: string[]; text: string }): SimpleCommand[] {
    const [program = "", ...args] = argv;
    const { files, env, text, to, runBy } = how;
    const name = program.replace(/^.*\//s, "");
    const isInside = HARMLESS.has(program) || this.#functions.has(program);
    const command: SimpleCommand = {
      ...{ program, name, args, env, text, cwd: this.#cwd, reads: files.reads, writes: files.writes },
      ...{ to: [...to], isInside, isReader: runsInput(name, args), ...(runBy !== undefined && { runBy }) },
    };
    this.#commands.push(command);
    const made = [command];
    if (program === "cd") this.#goTo(args);
    const inner = unwrap(name, args);
    command.isWrapper = inner.length > 0 && (isPlainWrapper(name) || isReadByShell(name) || name === "eval");
    for (const one of inner) {
      if (this.#nested >= NESTED_MAX || this.#commands.length > COMMANDS_MAX) {
        this.#problem ??= "holds too many programs that start each other";
        break;
      }
      this.#nested++;
      const own = { ...how, files: { ...files, inputs: [] }, env: "argv" in one ? (one.env ?? []) : [] };
      if ("argv" in one) made.push(...this.#emit(one.argv, own));
      else this.#apart(() => made.push(...this.#text(one.script, { to, runBy })));
      this.#nested--;
    }
    if (runsInput(name, args) && isReadByShell(name))
      for (const input of files.inputs) this.#apart(() => this.#text(input, { to: [] }));
    return made;
  }

  #goTo(args: readonly string[]): void {
    const [folder = "~"] = args.filter((arg) => !/^-[LPe@]+$/.test(arg));
    if (folder.includes(UNKNOWN) || folder === "-") this.#cwd = undefined;
    else if (folder.startsWith("/")) this.#cwd = pathOf(folder, undefined);
    else if (folder.startsWith("~")) this.#cwd = folder;
    else this.#cwd = this.#cwd === undefined ? undefined : pathOf(folder, this.#cwd);
  }

  #bomb(name: string, text: string): void {
    const none = { args: [], env: [], reads: [], writes: [], to: [], cwd: undefined };
    this.#commands.push({ program: name, name, ...none, text, isBomb: true, isInside: true });
  }

  #shown({ pos, end }: SyntaxNode): string {
    const text = this.#source.slice(pos, end).replace(/\s+/g, " ");
    return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  }
}

/** It reads its input, or its argument, as a shell does. */
function isReadByShell(name: string): boolean {
  return /^(r?bash|sh|dash|ash|zsh|m?ksh|yash|source|\.|at|batch|parallel)$/.test(name);
}
