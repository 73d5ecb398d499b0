/** What handlers see of adapters: their names, and the error of a call. */

/** By their names, and then by the names of their actions. */
// oxlint-disable-next-line typescript/no-explicit-any -- what is there is for the configuration to say, not for a type
export type Adapters = Readonly<Record<string, any>>;

/** An adapter could not be called, or its action failed. */
export class AdapterError extends Error {
  override name = "AdapterError";
}
