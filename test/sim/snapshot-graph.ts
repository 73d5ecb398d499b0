/** Nodes of workflows, containers and phases of a state as words; see `snapshot.ts`. */
import type { Run } from "../../src/core/run.ts";
import type { Task } from "../../src/core/task.ts";

/** What names the failed members, and which was the first, are words for people; a load may know fewer. */
export function nodeWords({ node, state }: Task): string {
  if (node === undefined) return "";
  const { rule, inside, of, undone, run, box } = node;
  const tally = state === "blocked" ? node.tally : undefined;
  const words = `node ${JSON.stringify([rule, inside, of, tally, undone])}`;
  if (box === undefined) {
    const { prepared, asked, askedUntil, approved } = node;
    return `${words} ${prepared && "prepared"} ${asked && `asked until ${askedUntil}`} ${approved && "approved"}`;
  }
  const { made, total, live, failed, allowed, openedAt, cancel } = box;
  const inner = live > 0 && run !== 0 ? `r${run}` : "";
  return `${words} holds ${made}/${total} live ${live} failed ${failed} allowed ${allowed} ${openedAt} ${cancel} ${inner}`;
}

export function runWords({ roles, aside, allowed, phase, outcome, outputs }: Run): string {
  const numbers = [...roles].map(({ seq }) => seq).sort((a, b) => a - b);
  const counts = [...aside].filter(([, count]) => count !== 0).map(([state, count]) => `${state} ${count}`);
  return `roles ${numbers.join()} aside ${counts.sort().join()} allowed ${allowed} ${phase} ${outcome} ${outputs}`;
}
