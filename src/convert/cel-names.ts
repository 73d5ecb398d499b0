/** How names of tasks and their outputs stand in CEL. */

/** Words that CEL keeps for itself. */
const RESERVED = new Set([
  ...[
    "in",
    "true",
    "false",
    "null",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
  ],
  ...["loop", "package", "namespace", "return", "var", "void", "while"],
]);

function member(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) && !RESERVED.has(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** The task of that name. */
export function taskPath(task: string): string {
  return `tasks${member(task)}`;
}

export function outputPath(task: string, output: string): string {
  return `${taskPath(task)}.outputs${member(output)}`;
}
