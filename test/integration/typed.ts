/** Commands as a person types them, and what tests say of their ends. */
import assert from "node:assert/strict";
import type { Place } from "./place.ts";

export interface Typed {
  octopus(...words: string[]): ReturnType<Place["run"]>;
  /** The one JSON value that the command prints, which must end well. */
  json<T>(...words: string[]): Promise<T>;
  /** The command prints nothing, exits with this code and says why. */
  refused(words: readonly string[], code: number, message: RegExp): Promise<void>;
}

export function typedIn(place: Place): Typed {
  return {
    octopus: (...words) => place.run(words),
    async json<T>(...words: string[]) {
      // What stands behind -- belongs to the task.
      const end = words.includes("--") ? words.indexOf("--") : words.length;
      const { code, out, err } = await place.run(words.toSpliced(end, 0, "-o", "json"));
      assert.equal(code, 0, `${words.join(" ")}: ${out}${err}`);
      return JSON.parse(out) as T;
    },
    async refused(words, code, message) {
      const ended = await place.run(words);
      assert.deepEqual([ended.code, ended.out], [code, ""], `${words.join(" ")}: ${ended.err}`);
      assert.match(ended.err, message);
    },
  };
}
