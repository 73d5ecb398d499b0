/**
 * Where handlers find the adapters of their deployment: `context.adapters.alerts.send({ text })` calls the action `send` of
 * the plugin that the adapter names, on this worker, in a process of its own. What runs plugins is loaded with the first call.
 */
import { nearest } from "../../base/nearest.ts";
import type { Json } from "../../base/words.ts";
import type { AdapterCopy } from "../../protocol/plugin.ts";
import type { AttemptContext } from "../executor.ts";
import type { ExecutorPlace } from "../executors/place.ts";
import { AdapterError, type Adapters } from "./adapters.ts";

/** A call of an adapter's action: values in order, values by name, or both. */
export interface AdapterWish {
  name: string;
  action: string;
  args?: Json[];
  kwargs?: Record<string, Json>;
}

/** Does a call on behalf of the attempt. `depth`: calls within calls, from 1. */
export type CallAdapter = (wish: AdapterWish, context: AttemptContext, depth: number) => Promise<Json | undefined>;

export class AdapterDesk {
  #adapters: Readonly<Record<string, AdapterCopy>> = {};
  #call: CallAdapter | undefined;

  /** What the server has sent. */
  set(adapters: Readonly<Record<string, AdapterCopy>>): void {
    this.#adapters = adapters;
  }

  /** Who does the calls. */
  serve(call: CallAdapter): void {
    this.#call = call;
  }

  /** What it is; throws with the names of those that there are. */
  find(name: string): AdapterCopy {
    if (Object.hasOwn(this.#adapters, name)) return this.#adapters[name]!;
    const names = Object.keys(this.#adapters);
    const near = nearest(name, names);
    const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
    const there = names.length === 0 ? "there are none" : `there are ${names.join(", ")}`;
    throw new AdapterError(
      `there is no adapter ${name}${hint}: ${there}. \`adapters.${name}\` in the configuration of the server makes one`,
    );
  }

  /** The adapters for a function that runs in this process. */
  for(context: AttemptContext): Adapters {
    const actionsOf = (name: string): unknown => {
      this.find(name);
      const call = (action: string, values: Json[]): unknown =>
        this.#doCall({ name, action, ...valuesOf(values) }, context);
      return new Proxy(Object.freeze({}), {
        get: (_target, action) => (isName(action) ? (...values: Json[]): unknown => call(action, values) : undefined),
      });
    };
    return new Proxy(
      {},
      {
        get: (_target, name) => (isName(name) ? actionsOf(name) : undefined),
        has: (_target, name) => Object.hasOwn(this.#adapters, name),
        ownKeys: () => Object.keys(this.#adapters),
        getOwnPropertyDescriptor: (_target, name) =>
          Object.hasOwn(this.#adapters, name) ? { enumerable: true, configurable: true } : undefined,
      },
    );
  }

  async #doCall(wish: AdapterWish, context: AttemptContext): Promise<Json | undefined> {
    if (this.#call === undefined) throw new AdapterError(`this worker runs no plugins, and so no adapter ${wish.name}`);
    return this.#call(wish, context, 1);
  }
}

/** One object alone holds values by name: so both plugins in JavaScript and those in Python get what they expect. */
function valuesOf(args: Json[]): Pick<AdapterWish, "args" | "kwargs"> {
  const [only] = args;
  const isNamed = args.length === 1 && typeof only === "object" && only !== null && !Array.isArray(only);
  return isNamed ? { kwargs: only } : { args };
}

/** `then` is nobody's name: what has one cannot be awaited. */
function isName(name: string | symbol): name is string {
  return typeof name === "string" && name !== "then" && name !== "toJSON";
}

const desks = new WeakMap<ExecutorPlace, AdapterDesk>();

/** That of a worker, shared by its executors. */
export function adaptersOf(place: ExecutorPlace): AdapterDesk {
  let desk = desks.get(place);
  if (desk === undefined) {
    desk = new AdapterDesk();
    desks.set(place, desk);
  }
  return desk;
}
