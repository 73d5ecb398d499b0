/**
 * Standard Schema, version 1 (https://standardschema.dev): the one interface by which Zod, Valibot, ArkType and others
 * check a value. Its types are meant to be copied; nothing of any such library is needed here.
 */
import type { Issue } from "../base/errors.ts";
import { pathText, show } from "../protocol/parse.ts";

/** Anything that can check a value: what stands under `~standard` says how. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** For the type checker alone; there is nothing at run time. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema takes. */
export type InputOf<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["input"];
/** What comes out of it. */
export type OutputOf<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["output"];

export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const standard = (value as Partial<StandardSchema>)["~standard"];
  return typeof standard === "object" && standard !== null && typeof standard.validate === "function";
}

/** Checks `value`; answers what the schema made of it, or what is wrong, with the path from `where` on. */
export async function check(
  schema: StandardSchema,
  value: unknown,
  where: string,
): Promise<{ value: unknown } | { issues: Issue[] }> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return { value: result.value };
  const issues = result.issues.slice(0, 20).map(({ message, path }): Issue => {
    const keys = (path ?? []).map((part) => (typeof part === "object" ? part.key : part));
    return { path: pathText(keys, where), message: `${message} (it is ${show(at(value, keys))})` };
  });
  return { issues };
}

function at(value: unknown, keys: readonly PropertyKey[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}
