/**
 * What is put before the command of a runner, where there is a POSIX shell: a process beside it in its group that waits for
 * the end of the worker, and then ends the group. A runner that never comes back from a call, and the programs that a plugin
 * has started, see nothing of that end by themselves.
 */

/** Arrives from the worker, and leads the runner's messages. */
const CONTROL_FD = 3;
/** Open for as long as the worker lives; nothing is ever written to it. */
const GUARD_FD = 4;
/** Leads the runner's answers: a write that fails must not cost what was not read yet. */
const ANSWER_FD = 5;
/** Where a guarded runner finds its messages: a plugin that writes to the first free number hits nothing. */
const MOVED_FD = 8;
const MOVED_ANSWER_FD = 7;

// The inner one belongs to nobody, so that a plugin which waits for all its children does not wait for it.
const SCRIPT = `( ( trap '' TERM INT HUP; read -r nothing <&${GUARD_FD}; kill -KILL 0 ) </dev/null >/dev/null 2>&1 ${CONTROL_FD}<&- ${ANSWER_FD}<&- & )
exec "$@" ${MOVED_FD}<&${CONTROL_FD} ${MOVED_ANSWER_FD}<&${ANSWER_FD} ${CONTROL_FD}<&- ${GUARD_FD}<&- ${ANSWER_FD}<&-`;

export const IS_GUARDED = process.platform !== "win32";

/** The descriptor on which a runner that is started so finds its messages. */
export const RUNNER_FD = IS_GUARDED ? MOVED_FD : CONTROL_FD;

/** The one to which it writes its own. */
export const RUNNER_ANSWER_FD = IS_GUARDED ? MOVED_ANSWER_FD : ANSWER_FD;

export function guarded(argv: readonly string[]): string[] {
  return IS_GUARDED ? ["/bin/sh", "-c", SCRIPT, "octopus-runner", ...argv] : [...argv];
}
