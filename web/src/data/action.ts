/** Something that a person does: one at a time, told when it went wrong, and what it changed is read again. */
import { type MutateOptions, type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef } from "react";
import { useToasts } from "../parts/toasts.tsx";
import { deleting } from "./gone.ts";
import type { Key } from "./keys.ts";
import { wordsOf } from "./words.ts";

interface ActionOptions<Input, Output> {
  run(input: Input): Promise<Output>;
  /** What a person reads when it is done; nothing: the screen shows it. */
  done?(output: Output, input: Input): string | undefined;
  /** Beginnings of the keys of what it changes; the stream says so, too, but a little later. */
  stale?: readonly QueryKey[];
  /** The key of what it deletes: its page is left, and not read again. */
  gone?(input: Input): Key;
  onDone?(output: Output, input: Input): void;
  /** Leads on to another screen, when it is done; whoever has gone elsewhere meanwhile stays there. */
  leave?(output: Output, input: Input): void;
  /** The caller shows errors itself, beside what was typed. */
  isQuiet?: boolean;
}

/** What is known of an action since it was begun. */
interface Sent {
  /** Where the person was. */
  from: string;
  takeBack: (() => void) | undefined;
}

/**
 * `run` never throws: errors are toasts, or stand in `error`. The same asked again while it is under way, by a key that is
 * held down, comes to nothing.
 */
export function useAction<Input = void, Output = unknown>(options: ActionOptions<Input, Output>) {
  const queries = useQueryClient();
  const toasts = useToasts();
  const underWay = useRef(new Set<Input>());
  const { mutate, isPending, error, reset, variables } = useMutation<Output, unknown, Input, Sent>({
    onMutate: (input) => ({ from: window.location.pathname, takeBack: options.gone && deleting(options.gone(input)) }),
    mutationFn: options.run,
    onSuccess(output, input, { from }) {
      const text = options.done?.(output, input);
      if (text !== undefined) toasts.tell({ tone: "good", text });
      options.onDone?.(output, input);
      if (window.location.pathname === from) options.leave?.(output, input);
    },
    onError(error, input, sent) {
      sent?.takeBack?.();
      if (options.gone) void queries.invalidateQueries({ queryKey: options.gone(input) }); // GO2
      if (options.isQuiet !== true) toasts.tell({ tone: "bad", text: wordsOf(error) });
    },
    onSettled: async (_output, _error, input) => {
      underWay.current.delete(input);
      await Promise.all(
        (options.stale ?? []).map((queryKey) => queries.invalidateQueries({ queryKey: [...queryKey] })),
      );
    },
  });
  const run = useCallback(
    (input: Input, more?: MutateOptions<Output, unknown, Input>): void => {
      if (underWay.current.has(input)) return;
      underWay.current.add(input);
      mutate(input, more);
    },
    [mutate],
  );
  return { run, isPending, error, reset, input: variables };
}
