/** Does the same with many things, some at a time; the first failure is that of all. */
export async function inParallel<T>(
  all: Iterable<T>,
  atOnce: number,
  work: (each: T) => Promise<unknown>,
): Promise<void> {
  const rest = all[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
