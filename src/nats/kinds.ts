/** By which last token of the subject a message goes: its type, in an operator's words. */

/** Messages whose subject is not called as they are. */
const NAMES: Readonly<Record<string, string>> = { log: "output" };

interface Typed {
  readonly type: string;
}

export function kindOf({ type }: Typed): string {
  return NAMES[type] ?? type;
}

/** Cuts a list into stretches of one kind, in order: each goes as one message on its subject. */
export function stretches<T extends Typed>(messages: readonly T[]): { kind: string; messages: T[] }[] {
  const found: { kind: string; messages: T[] }[] = [];
  for (const message of messages) {
    const kind = kindOf(message);
    const last = found.at(-1);
    if (last?.kind === kind) last.messages.push(message);
    else found.push({ kind, messages: [message] });
  }
  return found;
}
