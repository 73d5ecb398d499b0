/** Values of a run: as a form, or as the JSON that the form means. Either takes over what the other had. */
import { useMemo, useState } from "react";
import type { Json } from "@octopus/base/words.ts";
import type { GroupField } from "@octopus/view/form-fields.ts";
import { placeIssues } from "@octopus/view/form-path.ts";
import { type FieldError, type FormValue, readForm, valuesOf } from "@octopus/view/form.ts";
import { Editor } from "../editor/editor.tsx";
import { ChipToggle } from "./chips.tsx";
import { Remark } from "./notices.tsx";
import styles from "./params-form.module.css";
import { SchemaForm } from "./schema-form.tsx";

export type ParamsInput = { is: "form"; values: FormValue } | { is: "json"; text: string };

type Params = Record<string, Json>;

export function startOf(form: GroupField, given: Params): ParamsInput {
  return { is: "form", values: valuesOf(form, given) };
}

/** What was filled in, and what is wrong with it. */
export function paramsOf(form: GroupField, input: ParamsInput): { json: Params; errors: FieldError[] } {
  if (input.is === "form") return readForm(form, input.values);
  const text = input.text.trim();
  try {
    const json = (text === "" ? {} : JSON.parse(text)) as Json;
    if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Error("it must be an object");
    return { json, errors: readForm(form, valuesOf(form, json)).errors };
  } catch (error) {
    return { json: {}, errors: [{ path: "", message: `The JSON cannot be read: ${(error as Error).message}` }] };
  }
}

interface Props {
  form: GroupField;
  input: ParamsInput;
  onChange(input: ParamsInput): void;
  issues: readonly FieldError[];
}

export function ParamsForm({ form, input, onChange, issues }: Props) {
  const { at, rest } = useMemo(() => placeIssues(form, issues), [form, issues]);
  const [isAsked, setAsked] = useState(false);
  const isForm = input.is === "form";
  const others = isForm ? rest : issues;
  const toJson = (): void => {
    setAsked(true);
    onChange({ is: "json", text: JSON.stringify(paramsOf(form, input).json, undefined, 2) });
  };
  const toForm = (): void => {
    const { json, errors } = paramsOf(form, input);
    // What cannot be read would be lost.
    if (!errors.some(({ path }) => path === "")) onChange(startOf(form, json));
  };
  return (
    <>
      <div className={styles["choices"]} role="group" aria-label="How values are given">
        <ChipToggle isOn={isForm} onChange={toForm}>
          Form
        </ChipToggle>
        <ChipToggle isOn={!isForm} onChange={toJson}>
          JSON
        </ChipToggle>
      </div>
      {isForm ? (
        <SchemaForm
          form={form}
          values={input.values}
          issues={at}
          onChange={(values) => onChange({ is: "form", values })}
        />
      ) : (
        <Editor
          language="json"
          label="Params as JSON"
          value={input.text}
          onChange={(text) => onChange({ is: "json", text })}
          isFocused={isAsked}
        />
      )}
      {others.map(({ path, message }) => (
        <Remark key={path + message} tone="bad">
          {path === "" ? message : `${path} ${message}`}
        </Remark>
      ))}
    </>
  );
}
