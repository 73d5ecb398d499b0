/** The same bytes in pieces of `bytes` each; the last one may be shorter. */
export async function* cut(chunks: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array, void> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    while (size + rest.length >= bytes) {
      const part = rest.subarray(0, bytes - size);
      rest = rest.subarray(part.length);
      yield held.length === 0 ? part : Buffer.concat([...held, part]);
      held = [];
      size = 0;
    }
    if (rest.length > 0) held.push(rest);
    size += rest.length;
  }
  if (size > 0) yield Buffer.concat(held);
}
