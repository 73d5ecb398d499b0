/** Fields of forms: each has a label, and a place for what is wrong with it. */
import { type ComponentProps, type ReactNode, useId } from "react";
import styles from "./field.module.css";

interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** What is wrong with the value, in words. */
  error?: string | undefined;
  /** The label is for screen readers only: what stands around the field says it to the others. */
  isBare?: boolean;
}

function Field({ label, hint, error, isBare = false, id, children }: FieldProps & { id: string; children: ReactNode }) {
  return (
    <div className={styles["field"]}>
      <label htmlFor={id} className={isBare ? "visually-hidden" : styles["label"]}>
        {label}
      </label>
      {children}
      {hint !== undefined && error === undefined && (
        <p id={`${id}-hint`} className={styles["hint"]}>
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} className={styles["error"]}>
          {error}
        </p>
      )}
    </div>
  );
}

function described(id: string, { hint, error }: FieldProps) {
  return {
    id,
    "aria-invalid": error !== undefined || undefined,
    "aria-describedby": error !== undefined ? `${id}-error` : hint !== undefined ? `${id}-hint` : undefined,
  };
}

type Rest<Tag extends "input" | "select" | "textarea"> = Omit<ComponentProps<Tag>, "onChange" | "value" | "id">;

export function TextInput({
  label,
  hint,
  error,
  isBare,
  onChange,
  ...rest
}: FieldProps & Rest<"input"> & { value: string; onChange(value: string): void }) {
  const id = useId();
  const field = { label, hint, error, isBare: isBare ?? false };
  return (
    <Field {...field} id={id}>
      <input
        type="text"
        autoComplete="off"
        spellCheck={false}
        {...rest}
        {...described(id, field)}
        className={styles["input"]}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}

export function TextArea({
  label,
  hint,
  error,
  isBare,
  onChange,
  ...rest
}: FieldProps & Rest<"textarea"> & { value: string; onChange(value: string): void }) {
  const id = useId();
  const field = { label, hint, error, isBare: isBare ?? false };
  return (
    <Field {...field} id={id}>
      <textarea
        spellCheck={false}
        rows={4}
        {...rest}
        {...described(id, field)}
        className={`${styles["input"]} ${styles["area"]}`}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}

export interface Option {
  value: string;
  label: string;
}

export function Select({
  label,
  hint,
  error,
  isBare,
  onChange,
  options,
  ...rest
}: FieldProps & Rest<"select"> & { value: string; options: readonly Option[]; onChange(value: string): void }) {
  const id = useId();
  const field = { label, hint, error, isBare: isBare ?? false };
  return (
    <Field {...field} id={id}>
      <select
        {...rest}
        {...described(id, field)}
        className={`${styles["input"]} ${styles["select"]}`}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map(({ value, label: text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </Field>
  );
}

export function Checkbox({
  label,
  hint,
  isOn,
  onChange,
  ...rest
}: { label: ReactNode; hint?: ReactNode; isOn: boolean; onChange(isOn: boolean): void } & Rest<"input">) {
  return (
    <label className={styles["check"]}>
      <input type="checkbox" {...rest} checked={isOn} onChange={(event) => onChange(event.target.checked)} />
      <span>
        {label}
        {hint !== undefined && <span className={styles["hint"]}> {hint}</span>}
      </span>
    </label>
  );
}
