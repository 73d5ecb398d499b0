/** Why a task does not run, as one reason of perhaps many. */
export interface Reason {
  code: string;
  message: string;
  /** The task, arm or worker that it waits for. */
  about?: string;
  /** Epoch milliseconds at which it changes by itself. */
  until?: number;
}
