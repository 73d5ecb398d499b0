/**
 * How many arguments one job gets: one record, a number of them (`-n`), or as many as the command line takes (`-m`, `-X`) —
 * then the last ones are spread over all jobs that may run at once.
 */
export interface BatchOptions {
  /** Records of one job; undefined = one; 0 = one that is not handed over. */
  max: number | undefined;
  /** As many as fit. */
  isFull: boolean;
  /** Longest command line. */
  charsMax: number;
  /** Jobs that may run at once. */
  jobs: number;
  /** The command line for these values; to know its length. */
  lineOf(values: readonly string[]): string;
}

export async function* batchesOf(records: AsyncIterable<string[]>, options: BatchOptions): AsyncGenerator<string[]> {
  if (options.isFull) return yield* fullBatches(records, options);
  const max = options.max ?? 1;
  if (max === 0) {
    for await (const _ of records) yield [];
    return;
  }
  let batch: string[] = [];
  let count = 0;
  for await (const record of records) {
    batch.push(...record);
    if (++count < max) continue;
    yield batch;
    batch = [];
    count = 0;
  }
  if (count > 0) yield batch;
}

async function* fullBatches(records: AsyncIterable<string[]>, options: BatchOptions): AsyncGenerator<string[]> {
  const empty = options.lineOf([]).length;
  let batch: string[] = [];
  // The first value has no space before it.
  let chars = empty - 1;
  for await (const record of records) {
    for (const value of record) {
      // What a value adds, the other values do not change: it is measured once.
      const added = options.lineOf([value]).length - empty + 1;
      const isFull = chars + added > options.charsMax || batch.length >= (options.max ?? Infinity);
      if (isFull && batch.length > 0) {
        yield batch;
        batch = [];
        chars = empty - 1;
      }
      batch.push(value);
      chars += added;
    }
  }
  const share = Math.ceil(batch.length / options.jobs);
  for (let at = 0; at < batch.length; at += share) yield batch.slice(at, at + share);
}
