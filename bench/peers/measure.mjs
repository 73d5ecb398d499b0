/** What the programs of the peers share. Plain JavaScript: their packages are not there when the repository is checked. */

/** `{ url, count, samples }`, as `cases.ts` hands it over. */
export const job = JSON.parse(process.argv[2]);

export function input(n) {
  return { order: n, customer: `customer-${n % 97}`, items: [n % 7, n % 11, n % 13], note: "x".repeat(125) };
}

export const figures = [];

/** Times `run`, which handles `count` tasks. */
export async function rate(name, count, run) {
  const begun = performance.now();
  await run();
  figures.push({ name, value: Math.round((count / (performance.now() - begun)) * 1000), unit: "/s" });
}

/** Calls `one` `count` times, `inFlight` at once. */
export async function concurrently(count, inFlight, one) {
  let n = 0;
  const loop = async () => {
    while (n < count) await one(n++);
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
}

/** Calls `add(batch)` for the numbers below `count`, `size` of them at a time. */
export async function inBatches(count, size, add) {
  for (let from = 0; from < count; from += size) {
    await add(Array.from({ length: Math.min(size, count - from) }, (_, i) => from + i));
  }
}

/** Counts calls; `reached(n)` resolves at the n-th. */
export function counter() {
  let calls = 0;
  let limit = Infinity;
  let tell = () => {};
  return {
    call() {
      if (++calls >= limit) tell();
    },
    reached(n) {
      limit = n;
      return calls >= n ? Promise.resolve() : new Promise((resolve) => (tell = resolve));
    },
  };
}

/** Time from `submit` to the call of `began`, one at a time on an idle queue. */
export async function latency(samples, submit) {
  const warmUp = Math.ceil(samples / 5);
  const times = [];
  for (let n = 0; n < samples + warmUp; n++) {
    const { promise, resolve } = Promise.withResolvers();
    began = resolve;
    const at = performance.now();
    const submitted = submit(n);
    const ms = (await promise) - at;
    await submitted;
    if (n >= warmUp) times.push(ms);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  times.sort((a, b) => a - b);
  for (const share of [0.5, 0.99]) {
    figures.push({
      name: `latency p${share * 100}`,
      value: Number(times[Math.floor(times.length * share)].toFixed(3)),
      unit: "ms",
    });
  }
}

let began = () => {};

/** What a latency task does. */
export function begin() {
  began(performance.now());
}

/** Times `once` `count` times and keeps the median. */
export async function rounds(name, count, once) {
  const times = [];
  for (let round = 0; round < count + 2; round++) {
    const begun = performance.now();
    await once(round);
    if (round >= 2) times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  figures.push({ name, value: Number(times[times.length >> 1].toFixed(1)), unit: "ms" });
}

export function report(notes) {
  process.send({ figures, notes }, () => process.exit(0));
}
