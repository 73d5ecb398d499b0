/** Questions whose answer is worth only so much waiting. It owns nothing; an answer that comes too late is dropped. */
import type { Clock } from "../engine/ports.ts";

/** What is asked for, or `otherwise` when it fails or has not come within the time. */
export function inTime<T>(clock: Clock, ms: number, asked: Promise<T>, otherwise: T): Promise<T> {
  return new Promise((resolve) => {
    const cancel = clock.wakeAt(clock.now() + ms, () => resolve(otherwise));
    const end = (answer: T): void => {
      cancel();
      resolve(answer);
    };
    asked.then(end, () => end(otherwise));
  });
}
