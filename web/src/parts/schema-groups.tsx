/** Fields of a form that hold others: groups, lists, and pairs of names and values. */
import { Plus, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import type { Field, GroupField, ListField, MapField } from "@octopus/view/form-fields.ts";
import { pathText } from "@octopus/view/form-path.ts";
import { emptyForm, type FormValue, hasItems, hasRows, isGroup, isRaw, withValue } from "@octopus/view/form.ts";
import { Button, IconButton } from "./button.tsx";
import { TextArea, TextInput } from "./field.tsx";
import { around, ChoiceView, type FieldViewProps, InputView, RawView } from "./schema-inputs.tsx";
import styles from "./schema-form.module.css";

export function valueIn(values: FormValue, key: string): FormValue {
  return isGroup(values) && Object.hasOwn(values.of, key) ? values.of[key] : undefined;
}

export function moreOf(values: FormValue): string {
  return isGroup(values) ? values.more : "";
}

export function FieldView(props: FieldViewProps) {
  const { field, value } = props;
  if (isRaw(value)) return <RawView {...props} raw={value.raw} />;
  switch (field.is) {
    case "group":
      return <GroupView {...props} field={field} />;
    case "list":
      return <ListView {...props} field={field} />;
    case "map":
      return <MapView {...props} field={field} />;
    case "choice":
    case "boolean":
      return <ChoiceView {...props} />;
    case "text":
    case "number":
    case "json":
      return <InputView {...props} />;
  }
}

function GroupView(props: FieldViewProps & { field: GroupField }) {
  const { field, path, value, onChange, issues, suggest, isFlat = false } = props;
  const show = (one: Field): ReactNode => (
    <FieldView
      key={one.key}
      field={one}
      path={[...path, one.key]}
      value={valueIn(value, one.key)}
      onChange={(now) => onChange(withValue(field, value ?? emptyForm(), [one.key], now))}
      issues={issues}
      {...(suggest && { suggest })}
    />
  );
  const minor = field.fields.filter(({ isMinor }) => isMinor === true);
  const given = minor.filter(({ key }) => valueIn(value, key) !== undefined);
  const isWrong = minor.some(({ key }) => [...issues.keys()].some((at) => at.startsWith(pathText([...path, key]))));
  const content = (
    <>
      {field.fields.filter(({ isMinor }) => isMinor !== true).map(show)}
      {minor.length > 0 && (
        <details className={styles["more"]} open={isWrong || given.length > 0 || undefined}>
          <summary>{minor.map(({ label }) => label).join(", ")}</summary>
          <div className={styles["group"]}>{minor.map(show)}</div>
        </details>
      )}
      {moreOf(value) !== "" && (
        <TextArea
          label="Other values, as JSON"
          value={moreOf(value)}
          onChange={(more) => onChange({ of: isGroup(value) ? value.of : {}, more })}
        />
      )}
    </>
  );
  const error = issues.get(pathText(path));
  if (!isFlat) return <Frame {...props}>{content}</Frame>;
  return (
    <div className={styles["group"]}>
      {content}
      {error !== undefined && <p className={styles["error"]}>{error}</p>}
    </div>
  );
}

function Frame(props: FieldViewProps & { children: ReactNode; isPlain?: boolean }) {
  const { label, hint, error } = around(props);
  return (
    <fieldset className={styles["group"]}>
      {label !== "" && <legend className={styles["name"]}>{label}</legend>}
      {hint !== undefined && <p className={styles["hint"]}>{hint}</p>}
      <div className={`${styles["group"]} ${props.isPlain === true ? "" : styles["inner"]}`}>{props.children}</div>
      {error !== undefined && <p className={styles["error"]}>{error}</p>}
    </fieldset>
  );
}

function ListView(props: FieldViewProps & { field: ListField }) {
  const { field, path, value, onChange, issues, suggest } = props;
  const items = hasItems(value) ? value.items : [];
  const set = (next: FormValue[]): void => onChange(next.length === 0 && !field.isNeeded ? undefined : { items: next });
  const name = field.label;
  return (
    <Frame {...props} isPlain>
      <div className={styles["list"]}>
        {items.map((item, i) => (
          <div key={i} className={styles["row"]}>
            <FieldView
              field={field.item}
              path={[...path, i]}
              label={`${name} ${i + 1}`}
              value={item}
              onChange={(now) => set(items.map((one, at) => (at === i ? now : one)))}
              issues={issues}
              {...(suggest && { suggest })}
            />
            <IconButton label={`Remove ${name} ${i + 1}`} onClick={() => set(items.filter((_, at) => at !== i))}>
              <Trash2 aria-hidden />
            </IconButton>
          </div>
        ))}
        <div>
          <Button
            isSmall
            kind="quiet"
            icon={<Plus aria-hidden />}
            onClick={() => onChange({ items: [...items, firstOf(field.item)] })}
          >
            Add<span className="visually-hidden"> to {name}</span>
          </Button>
        </div>
      </div>
    </Frame>
  );
}

/** What a new item holds: nothing, but for what holds others. */
function firstOf(field: Field): FormValue {
  return field.is === "group" ? emptyForm() : undefined;
}

function MapView(props: FieldViewProps & { field: MapField }) {
  const { field, path, value, onChange, issues, suggest } = props;
  const rows = hasRows(value) ? value.rows : [];
  const set = (next: typeof rows): void => onChange(next.length === 0 && !field.isNeeded ? undefined : { rows: next });
  const change = (at: number, row: Partial<(typeof rows)[number]>): void =>
    set(rows.map((one, i) => (i === at ? { ...one, ...row } : one)));
  const title = field.label;
  return (
    <Frame {...props} isPlain>
      <div className={styles["list"]}>
        {rows.map((row, i) => (
          <div key={i} className={styles["row"]}>
            <div className={styles["pair"]}>
              <TextInput
                label={`Name ${i + 1} of ${title}`}
                isBare
                placeholder="name"
                value={row.name}
                onChange={(name) => change(i, { name })}
              />
              <FieldView
                field={field.item}
                path={[...path, row.name]}
                label={`Value of ${row.name || `name ${i + 1}`}`}
                value={row.value}
                onChange={(now) => change(i, { value: now })}
                issues={issues}
                {...(suggest && { suggest })}
              />
            </div>
            <IconButton
              label={`Remove ${row.name || `row ${i + 1}`}`}
              onClick={() => set(rows.filter((_, at) => at !== i))}
            >
              <Trash2 aria-hidden />
            </IconButton>
          </div>
        ))}
        <div>
          <Button
            isSmall
            kind="quiet"
            icon={<Plus aria-hidden />}
            onClick={() => onChange({ rows: [...rows, { name: "", value: firstOf(field.item) }] })}
          >
            Add<span className="visually-hidden"> to {title}</span>
          </Button>
        </div>
      </div>
    </Frame>
  );
}
