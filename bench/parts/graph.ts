/** Graphs for measurements: layers of no-op tasks, each of which needs a few of the layer before, the same every time. */
import type { RunSpec } from "../../src/engine/api.ts";
import type { TaskSpec } from "../../src/protocol/task.ts";

/** Pseudo-random numbers below `n`, the same from the same seed. */
export function dice(seed: number): (n: number) => number {
  let state = seed >>> 0 || 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

/** Tasks of a layer; more than there are slots, so that tasks wait for one, as in most large graphs. */
const WIDTH = 250;

/** `count` tasks with two needs each (those of the first layer have none): the same shape whatever the number is. */
export function layered(count: number, name = "layered"): RunSpec {
  const roll = dice(count);
  const tasks: TaskSpec[] = [];
  for (let index = 0; index < count; index++) {
    const layer = Math.floor(index / WIDTH);
    const task: TaskSpec = { id: `n${index}`, type: "noop", kind: "call", work: { kind: "call", call: "noop" } };
    if (layer > 0) {
      const first = (layer - 1) * WIDTH;
      const one = roll(WIDTH);
      const other = (one + 1 + roll(WIDTH - 1)) % WIDTH;
      task.needs = [`n${first + one}`, `n${first + other}`];
    }
    tasks.push(task);
  }
  return { workflow: name, tasks };
}
