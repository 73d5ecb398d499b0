/**
 * A form made of a JSON Schema: `form` and `values` come from `view/form.ts`, which also reads the values as JSON. What is
 * wrong stands at its field; what can be given as JSON alone has a field for JSON.
 */
import type { GroupField } from "@octopus/view/form-fields.ts";
import { type FormValue, isGroup, withValue } from "@octopus/view/form.ts";
import { TextArea } from "./field.tsx";
import { FieldView, moreOf, valueIn } from "./schema-groups.tsx";
import type { Suggest } from "./schema-inputs.tsx";
import styles from "./schema-form.module.css";

interface SchemaFormProps {
  form: GroupField;
  values: FormValue;
  onChange(values: FormValue): void;
  /** What is wrong, by the path of the field: `placeIssues(form, issues).at`. */
  issues?: ReadonlyMap<string, string> | undefined;
  /** Only these fields of the form, in this order. */
  only?: readonly string[];
  suggest?: Suggest;
  /** Short fields stand beside each other. */
  isGrid?: boolean;
  /** Groups stand without frames and names: what is around says what they are. */
  isFlat?: boolean;
  /** Beside what `only` names, what the form has no field for. */
  withMore?: boolean;
}

const NO_ISSUES: ReadonlyMap<string, string> = new Map();

export function SchemaForm(props: SchemaFormProps) {
  const {
    form,
    values,
    onChange,
    issues = NO_ISSUES,
    only,
    suggest,
    isGrid = false,
    isFlat = false,
    withMore = only === undefined,
  } = props;
  const named = only?.map((key) => form.fields.find((field) => field.key === key));
  const shown = named?.filter((field) => field !== undefined) ?? form.fields;
  const more = moreOf(values);
  const isBare = form.fields.length === 0;
  return (
    <div className={styles[isGrid ? "grid" : "group"]}>
      {shown.map((field) => (
        <FieldView
          key={field.key}
          field={field}
          path={[field.key]}
          value={valueIn(values, field.key)}
          onChange={(value) => onChange(withValue(form, values, [field.key], value))}
          issues={issues}
          isFlat={isFlat}
          {...(suggest && { suggest })}
        />
      ))}
      {withMore && (more !== "" || (isBare && form.isOpen)) && (
        <TextArea
          label={isBare ? "Values, as JSON" : "Other values, as JSON"}
          hint={'A JSON object, such as {"name": 1}'}
          value={more}
          error={issues.get("")}
          onChange={(now) => onChange({ of: isGroup(values) ? values.of : {}, more: now })}
        />
      )}
    </div>
  );
}
