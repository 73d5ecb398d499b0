/** Functions that start themselves more often than they end. */
import type { SyntaxNode } from "unbash";
import type { ShellParser } from "./shell-parser.ts";

const DEPTH_MAX = 60;
const NODES_MAX = 20_000;

/** The function starts itself in the background, or twice in one pipe. Whoever calls itself once in a row only recurs. */
export function isForkBomb(name: string, body: SyntaxNode, { forEachChild }: ShellParser): boolean {
  let nodes = 0;
  const starts = (node: SyntaxNode, depth: number): boolean => {
    if (++nodes > NODES_MAX || depth > DEPTH_MAX) return false;
    let isFound = node.type === "Command" && node.name?.value === name;
    if (!isFound) {
      forEachChild(node, (child) => {
        isFound ||= starts(child, depth + 1);
      });
    }
    return isFound;
  };
  const look = (node: SyntaxNode, depth: number): boolean => {
    if (++nodes > NODES_MAX || depth > DEPTH_MAX) return false;
    if (node.type === "Pipeline" && node.commands.filter((one) => starts(one, depth)).length > 1) return true;
    if (node.type === "Statement" && node.background === true && starts(node, depth)) return true;
    let isFound = false;
    forEachChild(node, (child) => {
      isFound ||= look(child, depth + 1);
    });
    return isFound;
  };
  return look(body, 0);
}
