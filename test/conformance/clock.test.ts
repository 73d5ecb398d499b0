/** The machine's clock, and the one of the simulator. */
import { createClock } from "../../src/root/clock.ts";
import { SimProcess } from "../sim/process.ts";
import { World } from "../sim/world.ts";
import { testClock } from "./clock.ts";

testClock("of the machine", () => ({
  clock: createClock(),
  async until(condition) {
    while (!condition()) await new Promise(setImmediate);
  },
}));

testClock("of the simulator", () => {
  const world = new World(1);
  const process = new SimProcess(world);
  return {
    clock: process.clock(),
    async until(condition) {
      while (!condition()) world.time.step();
    },
    setBack(ms) {
      process.skewMs -= ms;
    },
  };
});
