/** Drawings in the languages of Mermaid and Graphviz. */
import type { RunSpec } from "../protocol/workflow.ts";
import { type Box, type Drawing, drawingOf } from "./drawing.ts";

type Drawn = Pick<RunSpec, "workflow" | "tasks">;

/** For Mermaid: GitHub, GitLab and many editors show it as a picture. */
export function drawMermaid(run: Drawn): string {
  const drawing = drawingOf(run);
  const ids = idsOf(drawing);
  const lines = ["graph TD"];
  for (const box of drawing.boxes) lines.push(`  ${ids.get(box.name)!}${mermaidBox(box)}`);
  for (const box of drawing.boxes) {
    for (const need of box.needs) lines.push(`  ${ids.get(need)!} --> ${ids.get(box.name)!}`);
  }
  for (const { title, role, boxes } of drawing.roles) {
    lines.push(`  subgraph ${role} ["${mermaidText(title)}"]`);
    for (const box of boxes) lines.push(`    ${ids.get(box.name)!}${mermaidBox(box)}`);
    lines.push("  end");
    for (const { name, of } of boxes) {
      if (of !== undefined && ids.has(of)) lines.push(`  ${ids.get(of)!} -.-> ${ids.get(name)!}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

const MERMAID: Readonly<Record<Box["kind"], readonly [string, string]>> = {
  shell: ["[", "]"],
  http: ["[", "]"],
  call: ["[", "]"],
  plugin: ["[", "]"],
  docker: ["[", "]"],
  wasm: ["[", "]"],
  custom: ["[", "]"],
  each: ["[[", "]]"],
  workflow: ["[/", "/]"],
  approval: ["{{", "}}"],
};

function mermaidBox({ name, note, kind }: Box): string {
  const [open, close] = MERMAID[kind];
  const text = note === "" ? mermaidText(name) : `${mermaidText(name)}<br/><small>${mermaidText(note)}</small>`;
  return `${open}"${text}"${close}`;
}

/** Mermaid reads entities with `#` in the place of `&`. */
function mermaidText(text: string): string {
  return text.replace(/[#"<>&`]/g, (sign) => `#${sign.codePointAt(0)!};`).replace(/\s+/g, " ");
}

/** For Graphviz: `octopus graph etl.yaml --format dot | dot -Tsvg`. */
export function drawDot(run: Drawn): string {
  const drawing = drawingOf(run);
  const ids = idsOf(drawing);
  const lines = [`digraph ${dotText(drawing.title)} {`, "  rankdir=TB;", "  node [shape=box, style=rounded];"];
  for (const box of drawing.boxes) lines.push(`  ${ids.get(box.name)!} ${dotBox(box)};`);
  for (const box of drawing.boxes) {
    for (const need of box.needs) lines.push(`  ${ids.get(need)!} -> ${ids.get(box.name)!};`);
  }
  for (const { title, role, boxes } of drawing.roles) {
    lines.push(`  subgraph cluster_${role} {`, `    label=${dotText(title)};`, "    style=dashed;");
    for (const box of boxes) lines.push(`    ${ids.get(box.name)!} ${dotBox(box)};`);
    lines.push("  }");
    for (const { name, of } of boxes) {
      if (of !== undefined && ids.has(of)) lines.push(`  ${ids.get(of)!} -> ${ids.get(name)!} [style=dashed];`);
    }
  }
  return `${[...lines, "}"].join("\n")}\n`;
}

const DOT: Readonly<Record<Box["kind"], string>> = {
  shell: "",
  http: "",
  call: "",
  plugin: "",
  docker: "",
  wasm: "",
  custom: "",
  each: ", peripheries=2",
  workflow: ", shape=folder",
  approval: ", shape=hexagon",
};

function dotBox({ name, note, kind }: Box): string {
  return `[label=${dotText(note === "" ? name : `${name}\n${note}`)}${DOT[kind]}]`;
}

function dotText(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}

function idsOf({ boxes, roles }: Drawing): Map<string, string> {
  const all = [...boxes, ...roles.flatMap((group) => group.boxes)];
  return new Map(all.map(({ name }, index) => [name, `n${index}`]));
}
