/** Completion and explanation of the keys of workflow files, from the schema that the reference is printed from. */
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { hoverTooltip } from "@codemirror/view";
import { aboutAt, keysAt, type SchemaNode, type SchemaWord, valuesAt } from "@octopus/view/schema-words.ts";
import { namesUnder, yamlKeyAt, yamlPlace } from "@octopus/view/yaml-place.ts";

/** Keys under which names of tasks stand. */
const NEEDS = new Set(["needs", "depends"]);

let schema: Promise<SchemaNode> | undefined;

function loadSchema(): Promise<SchemaNode> {
  schema ??= import("../../../docs/reference/workflow.schema.json").then(
    (loaded) => loaded.default as unknown as SchemaNode,
  );
  return schema;
}

export async function completeWorkflow(context: CompletionContext): Promise<CompletionResult | null> {
  const text = context.state.doc.toString();
  const { path, kind, word, from } = yamlPlace(text, context.pos);
  if (kind === "text" || (word === "" && !context.explicit)) return null;
  const root = await loadSchema();
  const isName = path.some((step) => typeof step === "string" && NEEDS.has(step));
  const options = isName
    ? namesUnder(text, "tasks")
        .filter((name) => name !== path[1])
        .map((label) => ({ label, type: "variable" }))
    : kind === "key"
      ? keysAt(root, path).map((one, i) => keyOption(one, -i))
      : valuesAt(root, path).map((label) => ({ label, type: "enum" }));
  return options.length === 0 ? null : { from, options, validFor: /^[\w.-]*$/ };
}

function keyOption({ word, about, form, isNeeded }: SchemaWord, order: number): Completion {
  return {
    label: word,
    apply: `${word}: `,
    detail: `${form ?? ""}${isNeeded ? " · needed" : ""}`,
    ...(about !== undefined && { info: about }),
    boost: Math.max(-99, order),
  };
}

export const explainWorkflow = hoverTooltip(async (view, at) => {
  const text = view.state.doc.toString();
  const key = yamlKeyAt(text, at);
  if (key === undefined) return null;
  const said = aboutAt(await loadSchema(), key.path);
  if (said?.about === undefined) return null;
  return {
    pos: key.from,
    end: key.to,
    create: () => {
      const dom = document.createElement("div");
      dom.className = "cm-completionInfo";
      dom.textContent =
        said.form === undefined || said.about!.includes("\n") ? said.about! : `${said.about} (${said.form})`;
      return { dom };
    },
  };
});
