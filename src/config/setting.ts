/**
 * What one setting is: how its value is read, and what the reference says of it; and the names that several settings share.
 * Every command reads the settings before anything else, so this layer reads by hand: a library that validates costs more
 * than all the rest of a short command.
 */

/** Why a value does not fit, as the end of a sentence: `must be true or false`. The loader adds the value seen. */
export class Refusal {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** Reads what a file, a variable or a flag holds. */
export type Reader<T> = (value: unknown) => T | Refusal;

/** What the reference says of a setting beside its name. */
export interface About {
  description: string;
  /** The default as people read it. */
  shown: string;
  /** The value is a path, or a list of paths: relative ones are read from the folder of the file that names them.
   * A list names the keys of a mapping that are paths; where such a value is a text, it is the first of them.
   */
  path?: true | readonly string[];
  /** The value is shown to nobody. */
  secret?: true;
}

export class Setting<T> {
  readonly read: Reader<T>;
  readonly about: About;

  constructor(read: Reader<T>, about: About) {
    this.read = read;
    this.about = about;
  }
}

/** Settings of one kind under names that people choose. */
export class ByName<T> {
  readonly each: Setting<T>;

  constructor(each: Setting<T>) {
    this.each = each;
  }
}

/** The values of a group of settings. */
export type Values<S> =
  S extends Setting<infer T> ? T : S extends ByName<infer T> ? Record<string, T> : { [K in keyof S]: Values<S[K]> };

export function setting<T>(
  read: Reader<T>,
  shown: string,
  description: string,
  extra: Partial<About> = {},
): Setting<T> {
  return new Setting(read, { ...extra, shown, description });
}

/** Names of arms, pools and workers, as the protocol has them. */
export const NAME = /^[A-Za-z_][A-Za-z0-9_.:/-]{0,127}$/;
export const NAME_FORM = "a name that begins with a letter or _ and holds at most 128 letters, digits and _ . : / -";

/** The words that stand for workers are no names of one. */
export const WORKER_NAME = /^(?!(?:all|anyone)$)[a-z_][a-z0-9_.:/-]{0,127}$/i;
export const WORKER_NAME_FORM = `${NAME_FORM}, and is neither ALL nor Anyone`;
