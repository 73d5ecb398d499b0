/** What the schema says of one setting beside its kind of value, and the names that several settings share. */
import type { z } from "zod";

/** What the reference says of a setting beside its name. */
export interface About {
  description: string;
  /** The default as people read it. */
  shown: string;
  /** The value is a path, or a list of paths: relative ones are read from the folder of the file that names them. */
  path?: true;
  /** The value is shown to nobody. */
  secret?: true;
}

/** Names of arms, pools and workers, as the protocol has them. */
export const NAME = /^[A-Za-z_][A-Za-z0-9_.:/-]{0,127}$/;
export const NAME_FORM = "a name that begins with a letter or _ and holds at most 128 letters, digits and _ . : / -";

export function setting<S extends z.ZodType>(
  schema: S,
  shown: string,
  description: string,
  extra: Partial<About> = {},
): S {
  return schema.meta({ ...extra, shown, description });
}
