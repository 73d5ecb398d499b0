/** Prints a list: all of it, or page by page up to a limit. */
import type { Page } from "../protocol/views.ts";
import { type Column, renderTable } from "../view/table.ts";
import type { Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { wholeOf } from "./read.ts";

const LIMIT = 20;
const LIMIT_MAX = 100_000;
/** Most that is asked for at once. */
const PAGE = 500;

interface Form<T> {
  columns: Column<T>[];
  /** What stands for an item in quiet mode. */
  name(item: T): string;
  /** For people, when there is none. */
  none: string;
}

/** A list that is short enough to come whole. */
export function printAll<T>({ out }: Context, items: readonly T[], { columns, name, none }: Form<T>): ExitCode {
  out.answer(
    { items },
    {
      table: () => (items.length === 0 ? "" : renderTable(columns, items, { paint: out.paint, columns: out.columns })),
      quiet: () => items.map(name).join("\n"),
    },
  );
  if (items.length === 0) out.note(none);
  return EXIT.ok;
}

/** As many as `--limit` says, in as many pages as it takes. */
export async function printPages<T>(
  { options, out }: Context,
  ask: (page: { limit: number; cursor?: string }) => Promise<Page<T>>,
  { columns, name, none }: Form<T>,
): Promise<ExitCode> {
  const limit = wholeOf(options, "limit", 1, LIMIT_MAX) ?? LIMIT;
  const items: T[] = [];
  let next: string | undefined;
  do {
    const page = await ask({
      limit: Math.min(PAGE, limit - items.length),
      ...(next !== undefined && { cursor: next }),
    });
    items.push(...page.items);
    next = page.next;
  } while (next !== undefined && items.length < limit);
  out.answer(
    { items, ...(next !== undefined && { next }) },
    {
      table: () => (items.length === 0 ? "" : renderTable(columns, items, { paint: out.paint, columns: out.columns })),
      quiet: () => items.map(name).join("\n"),
    },
  );
  if (items.length === 0) out.note(none);
  else if (next !== undefined) out.note(`the newest ${items.length}; --limit shows more`);
  return EXIT.ok;
}
