/** What the task does: the parts that people ask for by name, and all of it as JSON. */
import type { ReactNode } from "react";
import type { Json } from "@octopus/base/words.ts";
import type { TaskDetail } from "@octopus/protocol/views.ts";
import { clip, inert, inertLine } from "@octopus/view/inert.ts";
import { Copy } from "../../parts/copy.tsx";
import { JsonTree } from "../../parts/json-tree.tsx";
import { Facts, Panel } from "../../parts/page.tsx";
import styles from "./task.module.css";

const TEXT_CHARS = 50_000;

export function Work({ task }: { task: TaskDetail }) {
  const text = (): string => JSON.stringify(task.work, undefined, 2);
  const { main, facts, values } = readable(task);
  return (
    <div className={styles["all"]}>
      <Panel title="What it does">
        <div className={styles["form"]}>
          {main !== undefined && <Text value={main} />}
          <Facts facts={facts} />
        </div>
      </Panel>
      {values.map(([name, value]) => (
        <Panel key={name} title={name} actions={<Copy text={() => textOf(value)} what={name.toLowerCase()} />}>
          {typeof value === "string" ? <Text value={value} /> : <JsonTree value={value} label={name} />}
        </Panel>
      ))}
      <Panel title="All of it, as JSON" actions={<Copy text={text} what="the work" />}>
        <JsonTree value={task.work} label="The work as JSON" />
      </Panel>
      {task.template !== undefined && (
        <Panel title="As the workflow says it">
          <JsonTree value={task.template} label="With the expressions of the workflow" />
        </Panel>
      )}
    </div>
  );
}

function Text({ value }: { value: string }) {
  const { text, more } = clip(value, TEXT_CHARS);
  return (
    <pre className={styles["pre"]} tabIndex={0}>
      {inert(text)}
      {more > 0 && <span className={styles["faint"]}> … {more.toLocaleString("en")} more characters</span>}
    </pre>
  );
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
}

interface Readable {
  main?: string | undefined;
  facts: (readonly [string, ReactNode])[];
  values: [string, Json][];
}

/** Names under which the fields of a kind of work are asked for. */
const TITLES: Readonly<Record<string, string>> = {
  env: "Environment",
  stdin: "Standard input",
  headers: "Headers",
  body: "Body",
  args: "Values in order",
  kwargs: "Values by name",
  input: "Input",
  with: "What the executor gets",
  outputs: "Outputs",
  sandbox: "Sandbox",
};

function readable({ kind, work }: TaskDetail): Readable {
  const all = (work ?? {}) as Record<string, Json>;
  const inner = all[kind];
  const own = typeof inner === "object" && inner !== null && !Array.isArray(inner) ? inner : all;
  const known = new Set(["kind", kind]);
  const main = mainOf(kind, own, known);
  const facts: [string, ReactNode][] = [];
  const values: [string, Json][] = [];
  for (const [name, value] of Object.entries(own)) {
    if (known.has(name) || value === null) continue;
    const title = TITLES[name] ?? capital(name);
    if (TITLES[name] !== undefined || typeof value === "object") {
      if (typeof value !== "object" || Object.keys(value).length > 0) values.push([title, value]);
    } else facts.push([title, inertLine(String(value))]);
  }
  return { main, facts, values };
}

function mainOf(kind: TaskDetail["kind"], own: Record<string, Json>, known: Set<string>): string | undefined {
  const take = (name: string): string | undefined => {
    const value = own[name];
    if (typeof value !== "string") return undefined;
    known.add(name);
    return value;
  };
  switch (kind) {
    case "shell":
      return take("command");
    case "http":
      return `${take("method") ?? "GET"} ${take("url") ?? ""}`;
    case "call":
      return take("call");
    case "plugin":
      return [take("name"), take("action")].filter(Boolean).join(".");
    case "docker":
      return take("image");
    case "wasm":
      return take("module");
    case "custom":
      return take("uses");
    default:
      return undefined;
  }
}

function capital(text: string): string {
  const spaced = text.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
