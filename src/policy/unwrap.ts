/**
 * Programs that start others: what they start, and how. `sudo -u x rm y` is `rm y`, `sh -c TEXT` is TEXT. What stands here
 * knows the usual options; an option that it does not know may hide the program, and then nothing is found.
 */
import { UNKNOWN } from "./paths.ts";

export type Inner =
  /** Arguments of the program that it starts, with what it sets in its environment. */
  | { argv: string[]; env?: string[] }
  /** A text for a shell. */
  | { script: string };

interface Wrapper {
  /** Options of one letter that take the next word, where nothing is joined to them. */
  short?: string;
  /** Long ones that do so without `=`. */
  long?: readonly string[];
  /** Words in front of the program. */
  skip?: number;
  /** `NAME=value` in front of the program. */
  env?: boolean;
  /** What it changes is nothing but how its program runs: who may start that one may start it so. */
  plain?: boolean;
}

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  sudo: { short: "ughpCTRDrtU", long: ["--user", "--group", "--host", "--prompt", "--chdir", "--chroot"], env: true },
  doas: { short: "uC" },
  env: { short: "uC", long: ["--unset", "--chdir"], env: true, plain: true },
  nohup: { plain: true },
  setsid: { plain: true },
  time: { short: "fo", plain: true },
  nice: { short: "n", long: ["--adjustment"], plain: true },
  ionice: { short: "cnpPu", long: ["--class", "--classdata"], plain: true },
  timeout: { short: "ks", long: ["--kill-after", "--signal"], skip: 1, plain: true },
  stdbuf: { short: "ioe", plain: true },
  command: { plain: true },
  builtin: { plain: true },
  exec: { short: "a", plain: true },
  chrt: { short: "TPD", skip: 1 },
  taskset: { short: "", skip: 1 },
  flock: { short: "wE", skip: 1, plain: true },
  busybox: {},
  toybox: {},
  unshare: { short: "SGRw" },
  setpriv: { long: ["--reuid", "--regid", "--groups", "--inh-caps", "--bounding-set", "--ambient-caps"] },
  prlimit: {},
  chroot: { skip: 1 },
  strace: { short: "eopsPuEaO" },
  ltrace: { short: "eopsuan" },
  xargs: { short: "IinPLdsaE", long: ["--replace", "--max-args", "--max-procs", "--arg-file", "--delimiter"] },
  parallel: { short: "jINLS" },
  watch: { short: "n", long: ["--interval"] },
  systemd: {},
  "systemd-run": { short: "pMHEt", long: ["--unit", "--property", "--slice", "--uid", "--gid"] },
  caffeinate: { short: "tw", plain: true },
  unbuffer: { plain: true },
};

export const SHELLS: ReadonlySet<string> = new Set([
  "sh",
  "bash",
  "dash",
  "ash",
  "zsh",
  "ksh",
  "mksh",
  "rbash",
  "yash",
]);
/** Languages whose programs run what comes in. */
const LANGUAGES = /^(python|pypy|perl|ruby|node|nodejs|deno|bun|php|lua|tclsh|Rscript)[\d.]*$/;

export function isShell(name: string): boolean {
  return SHELLS.has(name);
}

/** It starts one program, which is looked at by itself. */
export function isPlainWrapper(name: string): boolean {
  return Object.hasOwn(WRAPPERS, name) && WRAPPERS[name]!.plain === true;
}

/** Those with a grammar of their own. */
const OWN: Readonly<Record<string, (args: readonly string[]) => Inner[]>> = {
  eval: (args) => [{ script: args.join(" ") }],
  trap: ([text = "-"]) => (text.startsWith("-") ? [] : [{ script: text }]),
  su: (args) => valueOf(args, "c", "--command"),
  runuser: (args) => valueOf(args, "c", "--command"),
  script: (args) => valueOf(args, "c", "--command"),
  find: executed,
  env: ofEnv,
  watch: (args) => [{ script: withoutOptions(args, WRAPPERS["watch"]!).argv.join(" ") }],
  flock: (args) => {
    const text = valueOf(args, "c", "--command");
    return text.length > 0 ? text : ofWrapper("flock", args);
  },
  // With `-v` it only tells where a program is.
  command: (args) => (/^-[a-z]*[vV]/.test(args[0] ?? "") ? [] : ofWrapper("command", args)),
};

/** What the program starts; several where it runs more than one. */
export function unwrap(name: string, args: readonly string[]): Inner[] {
  if (isShell(name)) return textOfShell(args);
  if (Object.hasOwn(OWN, name)) return OWN[name]!(args);
  return Object.hasOwn(WRAPPERS, name) ? ofWrapper(name, args) : [];
}

function ofWrapper(name: string, args: readonly string[]): Inner[] {
  const inner = withoutOptions(args, WRAPPERS[name]!);
  if (inner.argv.length === 0) return [];
  // What it adds is not known.
  if (name === "xargs" || name === "parallel") inner.argv.push(UNKNOWN);
  return [inner];
}

/** Whether the program runs what comes in on its standard input. */
export function runsInput(name: string, args: readonly string[]): boolean {
  const operand = (options: RegExp): string | undefined => {
    for (let at = 0; at < args.length; at++) {
      const arg = args[at]!;
      if (arg === "--") return args[at + 1];
      if (!/^[-+]./.test(arg)) return arg;
      if (options.test(arg)) at++;
    }
    return undefined;
  };
  const isInput = (file: string | undefined): boolean =>
    file === undefined || file === "-" || /^\/(dev\/(stdin|fd\/0)|proc\/self\/fd\/0)$/.test(file);
  if (isShell(name)) {
    if (args.some((arg) => /^-[a-zA-Z]*c/.test(arg) && !arg.startsWith("--"))) return false;
    return (
      args.some((arg) => /^-[a-zA-Z]*s/.test(arg) && !arg.startsWith("--")) || isInput(operand(/^[-+][oO]$|file$/))
    );
  }
  if (name === "source" || name === ".") return args.length > 0 && isInput(args[0]);
  if (name === "at" || name === "batch") return !args.some((arg) => arg.startsWith("-f"));
  if (name === "parallel") return operandCount(args) === 0;
  if (!LANGUAGES.test(name)) return false;
  if (args.some((arg) => /^-(?!-)[a-zA-Z]*[cmenpErRf]|^--(eval|print|version|help|run)/.test(arg))) return false;
  return isInput(operand(/^-[WXI]$|^--require$/));
}

/** Whether code stands in this argument of it: the text of `-c`, or a file that it runs. */
export function runsArgument(name: string, args: readonly string[], index: number): boolean {
  if (name === "eval") return true;
  if (name === "source" || name === ".") return index === 0;
  const isCode = (at: number): boolean => at >= 0 && /^-(?!-)[a-zA-Z]*[ceEr]$|^--(eval|command)$/.test(args[at]!);
  if (isCode(index - 1)) return isShell(name) || LANGUAGES.test(name) || name === "su";
  const first = args.findIndex((arg) => !/^[-+]/.test(arg));
  return (isShell(name) || LANGUAGES.test(name)) && first === index;
}

function operandCount(args: readonly string[]): number {
  return args.filter((arg) => !arg.startsWith("-")).length;
}

/** `-c TEXT`, `-ec TEXT`, `-o pipefail -c TEXT`. */
function textOfShell(args: readonly string[]): Inner[] {
  let isText = false;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--") return isText && args[at + 1] !== undefined ? [{ script: args[at + 1]! }] : [];
    if (!/^[-+]./.test(arg)) return isText ? [{ script: arg }] : [];
    if (/^-[a-zA-Z]*c/.test(arg) && !arg.startsWith("--")) isText = true;
    if (/^[-+][a-zA-Z]*[oO]$|^--(rc|init-)file$/.test(arg)) at++;
  }
  return [];
}

function valueOf(args: readonly string[], short: string, long: string): Inner[] {
  for (const [at, arg] of args.entries()) {
    if (arg.startsWith(`${long}=`)) return [{ script: arg.slice(long.length + 1) }];
    const isShort = new RegExp(`^-[a-zA-Z]*${short}$`).test(arg) && !arg.startsWith("--");
    if ((arg === long || isShort) && args[at + 1] !== undefined) return [{ script: args[at + 1]! }];
  }
  return [];
}

/** `-exec PROGRAM … ;` and its kin. */
function executed(args: readonly string[]): Inner[] {
  const out: Inner[] = [];
  for (let at = 0; at < args.length; at++) {
    if (!/^-(exec|execdir|ok|okdir)$/.test(args[at]!)) continue;
    const end = args.findIndex((arg, index) => index > at && (arg === ";" || arg === "+"));
    const argv = args.slice(at + 1, end === -1 ? undefined : end).map((arg) => arg.replaceAll("{}", UNKNOWN));
    if (argv.length > 0) out.push({ argv });
    if (end === -1) break;
    at = end;
  }
  return out;
}

/** `-S TEXT` is split into words. */
function ofEnv(args: readonly string[]): Inner[] {
  const at = args.findIndex((arg) => /^-[a-zA-Z0]*S|^--split-string/.test(arg));
  const first = args.findIndex((arg) => !arg.startsWith("-") && !/^\w+=/.test(arg));
  if (at >= 0 && (first === -1 || at < first)) {
    const joined = args[at]!.replace(/^-[a-zA-Z0]*S|^--split-string=?/, "");
    return [{ script: [joined, ...args.slice(at + 1)].join(" ").trim() }];
  }
  const inner = withoutOptions(args, WRAPPERS["env"]!);
  return inner.argv.length === 0 ? [] : [inner];
}

function withoutOptions(args: readonly string[], wrapper: Wrapper): { argv: string[]; env: string[] } {
  const { short = "", long = [], skip = 0 } = wrapper;
  const env: string[] = [];
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--") {
      at++;
      break;
    }
    const name = wrapper.env === true ? /^(\w+)=/.exec(arg)?.[1] : undefined;
    if (name !== undefined) env.push(name);
    else if (!arg.startsWith("-") || arg === "-") break;
    else if (arg.startsWith("--") ? long.includes(arg) : short.includes(arg.at(-1)!)) at++;
  }
  if (wrapper.env === true) {
    for (; at < args.length && /^\w+=/.test(args[at]!); at++) env.push(args[at]!.split("=", 1)[0]!);
  }
  return { argv: args.slice(at + skip), env };
}
