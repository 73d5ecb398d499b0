/** What is left of a value's type after it went through JSON, as every result of a task does. */
import type { Json } from "../base/words.ts";

type Plain = string | number | boolean | null | undefined;

/** A `Date` comes back as text, a function not at all, `void` as undefined; plain data as it is. */
export type Jsonified<T> = unknown extends T
  ? Json | undefined
  : // What is JSON already stays what it is; this also ends the recursion of `Json` itself.
    [T] extends [Json | undefined]
    ? T
    : T extends { toJSON(): infer J }
      ? Jsonified<J>
      : T extends Plain
        ? T
        : T extends (...args: never[]) => unknown
          ? undefined
          : T extends object
            ? { [K in keyof T]: Jsonified<T[K]> }
            : undefined;
