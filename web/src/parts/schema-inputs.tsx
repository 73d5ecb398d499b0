/** Fields of a form that hold one value: text, numbers, choices, JSON; and what each field of a form is handed. */
import { Trash2 } from "lucide-react";
import { useId } from "react";
import type { Field } from "@octopus/view/form-fields.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { type FormPath, pathText } from "@octopus/view/form-path.ts";
import type { FormValue } from "@octopus/view/form.ts";
import { IconButton } from "./button.tsx";
import { Select, TextArea, TextInput } from "./field.tsx";
import styles from "./schema-form.module.css";

/** Names that are there for a format: arms for `arm`. */
export type Suggest = (format: string) => readonly string[];

export interface FieldViewProps {
  field: Field;
  path: FormPath;
  value: FormValue;
  onChange(value: FormValue): void;
  issues: ReadonlyMap<string, string>;
  suggest?: Suggest;
  /** In place of the field's own name: `Item 3`. */
  label?: string;
  /** A group without a frame and a name. */
  isFlat?: boolean;
}

/** What each field shows around itself. */
export function around({ field, path, issues, label }: FieldViewProps) {
  const isMust = field.isNeeded && field.preset === undefined && label === undefined && field.is !== "group";
  return {
    label: `${inertLine(label ?? field.label)}${isMust ? " *" : ""}`,
    ...(field.says !== undefined && { hint: inertLine(field.says) }),
    error: issues.get(pathText(path)),
  };
}

/** What stands in an empty field: what counts then, or what is meant. */
function placeholderOf({ preset, example }: Field): { placeholder?: string } {
  if (preset === undefined) return example === undefined ? {} : { placeholder: example };
  return { placeholder: typeof preset === "string" ? preset : JSON.stringify(preset) };
}

export function InputView(props: FieldViewProps) {
  const { field, value, onChange, suggest } = props;
  const id = useId();
  const text = typeof value === "string" ? value : "";
  const shared = {
    ...around(props),
    value: text,
    onChange: (now: string) => onChange(now === "" ? undefined : now),
    required: field.isNeeded && field.preset === undefined,
    ...placeholderOf(field),
  };
  if (field.is === "json")
    return <TextArea {...shared} rows={3} hint={shared.hint ?? "As JSON: text stands in quotes"} />;
  if (field.is === "text" && field.isLong) return <TextArea {...shared} rows={field.format === "code" ? 3 : 4} />;
  const names = field.is === "text" && field.format !== undefined ? (suggest?.(field.format) ?? []) : [];
  return (
    <>
      <TextInput
        {...shared}
        {...(field.is === "number" && { inputMode: "decimal" as const })}
        {...(field.is === "text" && field.isSecret && { type: "password" })}
        {...(names.length > 0 && { list: id })}
      />
      {names.length > 0 && (
        <datalist id={id}>
          {names.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      )}
    </>
  );
}

export function ChoiceView(props: FieldViewProps) {
  const { field, value, onChange } = props;
  const options =
    field.is === "choice"
      ? field.choices.map((choice) => ({ value: JSON.stringify(choice.value), label: choice.label }))
      : [
          { value: "true", label: "yes" },
          { value: "false", label: "no" },
        ];
  const chosen = typeof value === "boolean" ? String(value) : typeof value === "string" ? value : "";
  const preset = options.find((option) => option.value === JSON.stringify(field.preset))?.label;
  const none = preset === undefined ? (field.isNeeded ? "Choose …" : "—") : `${preset} (default)`;
  // A value that is none of them stays what it is until another is chosen.
  const isOdd = chosen !== "" && !options.some((option) => option.value === chosen);
  return (
    <Select
      {...around(props)}
      value={chosen}
      options={[{ value: "", label: none }, ...options, ...(isOdd ? [{ value: chosen, label: chosen }] : [])]}
      onChange={(now) => onChange(now === "" ? undefined : field.is === "boolean" ? now === "true" : now)}
    />
  );
}

/** A value that the field cannot show: as JSON, until it is given up. */
export function RawView(props: FieldViewProps & { raw: string }) {
  return (
    <div className={styles["row"]}>
      <TextArea
        {...around(props)}
        hint="Has another form than this field; shown as JSON"
        value={props.raw}
        onChange={(raw) => props.onChange({ raw })}
      />
      <IconButton label={`Clear ${props.label ?? props.field.label}`} onClick={() => props.onChange(undefined)}>
        <Trash2 aria-hidden />
      </IconButton>
    </div>
  );
}
