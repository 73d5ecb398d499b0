/** The keys that a schema takes at a place of a value, for refusals that tell what is allowed there. */
import { z } from "zod";

/** None where the schema takes any key, or where nothing can be said of it. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let here = objectsIn(schema);
  for (const step of path) here = here.flatMap((one) => inside(one, step)).flatMap(objectsIn);
  return [...new Set(here.flatMap((one) => (one instanceof z.ZodObject ? Object.keys(one.shape) : [])))];
}

/** What holds other values, below all that only changes a value or leaves a choice. */
function objectsIn(schema: unknown): unknown[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(objectsIn);
  if (schema instanceof z.ZodIntersection) return [schema.def.left, schema.def.right].flatMap(objectsIn);
  if (schema instanceof z.ZodPipe) return objectsIn(schema.in instanceof z.ZodTransform ? schema.out : schema.in);
  if (schema instanceof z.ZodLazy) return objectsIn(schema.unwrap());
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly
  )
    return objectsIn(schema.unwrap());
  return [schema];
}

function inside(schema: unknown, step: PropertyKey): unknown[] {
  if (schema instanceof z.ZodObject) {
    const found: unknown = (schema.shape as Record<PropertyKey, unknown>)[step];
    return found === undefined ? [] : [found];
  }
  if (schema instanceof z.ZodArray) return [schema.element];
  return schema instanceof z.ZodRecord ? [schema.valueType] : [];
}
