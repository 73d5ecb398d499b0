/** What a task of the conformance suite does, step by step, and how a shell says it. Each kind says it in its own words. */

export type Step =
  /** A line, once or so many times. */
  | { print: string; to?: "stderr"; times?: number }
  /** So many bytes of `x`, without an end of line. */
  | { bytes: number }
  | { sleep: number }
  /** Goes on for ever without waiting. */
  | { spin: true }
  /** Fails, or with 0 succeeds, at once. */
  | { exit: number }
  /** A line with the value of this environment variable. */
  | { variable: string }
  /** What it is given on standard input, to standard output. */
  | { copy: true }
  /** A process beside it that sleeps so many seconds: nobody else does for that long. */
  | { child: number }
  /** From here on it does not listen when it is told to end. */
  | { deaf: true }
  /** Its process dies by a signal. */
  | { crash: true }
  | { artifact: string; text: string }
  | { output: string; value: string }
  /** The content of a file that it was given. */
  | { input: string }
  | { progress: number; message: string };

/** How a POSIX shell says it, or why it cannot. */
export function shellScript(steps: readonly Step[]): string | { why: string } {
  const lines: string[] = [];
  for (const step of steps) {
    const line = shellLine(step);
    if (line === undefined) return { why: "commands have no way to say how far they are" };
    lines.push(line);
  }
  return lines.join("\n");
}

function shellLine(step: Step): string | undefined {
  if ("print" in step) {
    const { print, to, times = 1 } = step;
    const line = `printf '%s\\n' ${quoted(print)}${to === undefined ? "" : " >&2"}`;
    return times === 1 ? line : `i=0; while [ $i -lt ${times} ]; do ${line}; i=$((i+1)); done`;
  }
  if ("bytes" in step) return `head -c ${step.bytes} /dev/zero | tr '\\0' x`;
  if ("sleep" in step) return `sleep ${step.sleep / 1000}`;
  if ("spin" in step) return "while :; do :; done";
  if ("exit" in step) return `exit ${step.exit}`;
  if ("variable" in step) return `printf '%s\\n' "$${step.variable}"`;
  if ("copy" in step) return "cat";
  if ("child" in step) return `sleep ${step.child} & echo started`;
  if ("deaf" in step) return "trap '' TERM INT";
  if ("crash" in step) return "kill -KILL $$";
  if ("artifact" in step) return `printf '%s' ${quoted(step.text)} > "$OCTOPUS_ARTIFACTS"/${quoted(step.artifact)}`;
  if ("output" in step) return `echo ${quoted(`${step.output}=${step.value}`)} >> "$OCTOPUS_OUTPUT"`;
  if ("input" in step) return `cat "$OCTOPUS_INPUTS"/${quoted(step.input)}`;
  return undefined;
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
