/**
 * Commands that a text tells people to type, for whoever said on the command line which namespace is asked: the same words
 * would ask another one. Where a variable or a file says it, they would not.
 */

/** Commands that ask no namespace, or another one than is chosen. */
const OF_NONE: ReadonlySet<string> = new Set([
  "up",
  "server",
  "namespace",
  "config",
  "migrate",
  "validate",
  "completion",
]);

/** A namespace for the commands between backticks. */
export function adviceIn(namespace: string | undefined): (text: string) => string {
  if (namespace === undefined) return (text) => text;
  return (text) =>
    text.replace(/`octopus ([a-z-]+)((?: [^`]*)?)`/g, (all, name: string, rest: string) => {
      if (OF_NONE.has(name) || rest.includes("--namespace") || rest.includes("--help")) return all;
      const [before = "", ...command] = rest.split(" -- ");
      return `\`octopus ${[`${name}${before} --namespace ${namespace}`, ...command].join(" -- ")}\``;
    });
}
