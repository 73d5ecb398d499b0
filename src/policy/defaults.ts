/**
 * The rules that come with Octopus: what hardly anybody ever means, and what a machine does not come back from. They are
 * written as an operator would write them, as far as rules can say it.
 */
import { UNKNOWN } from "./paths.ts";
import type { PolicyRule } from "./settings.ts";
import { operandsOf, removesOf, type SimpleCommand } from "./simple.ts";

/** Folders without which a system does not live, and the home folder. */
const VITAL: readonly string[] = [
  ...["/", "/\\*", "~", "~/\\*", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/opt", "/proc"],
  ...["/root", "/sbin", "/sys", "/usr", "/var", "/bin/\\*", "/boot/\\*", "/etc/\\*", "/home/\\*", "/lib/\\*"],
  ...["/lib64/\\*", "/root/\\*", "/sbin/\\*", "/usr/\\*", "/usr/bin", "/usr/bin/\\*", "/usr/lib", "/usr/lib/\\*"],
  ...["/usr/sbin", "/var/lib", "/var/\\*", "/var/lib/\\*", "/System", "/Users", "/Library", "/Applications"],
];

const DISKS: readonly string[] = [
  ...["/dev/sd?*", "/dev/hd?*", "/dev/vd?*", "/dev/xvd?*", "/dev/nvme*", "/dev/mmcblk*", "/dev/dm-*", "/dev/md?*"],
  ...["/dev/mapper/*", "/dev/disk/**", "/dev/mem", "/dev/kmem", "/dev/port", "/dev/disk?*", "/dev/rdisk?*"],
];

const RECURSIVE = ["-r|-R|--recursive"];

export type DefaultRule = PolicyRule & {
  /** What rules cannot say: whether this command is meant. */
  special?: (command: SimpleCommand) => boolean;
  /** Words of which one stands in every text that the rule is about. */
  words: readonly string[];
};

export const DEFAULT_RULES: Readonly<Record<string, DefaultRule>> = {
  "remove-system": {
    deny: [{ removes: VITAL }, { program: ["rm"], args: ["--no-preserve-root"] }],
    why: "it removes a folder that the system, or its user, cannot do without",
    words: ["rm", "mv", "find", "rmdir", "unlink"],
  },
  "remove-unknown": {
    warn: [],
    special: removesUnknown,
    why: "when the variable is empty, it removes what stands at the root of the system: write ${NAME:?} in its place",
    words: ["rm", "find"],
  },
  "own-system": {
    deny: [
      { program: ["chmod", "chown", "chgrp", "chattr", "setfacl"], args: RECURSIVE, paths: VITAL },
      { program: ["chmod", "chown", "chgrp"], args: ["--no-preserve-root"] },
    ],
    why: "it takes the rights from a folder that the system cannot do without",
    words: ["chmod", "chown", "chgrp", "chattr", "setfacl"],
  },
  "write-disk": {
    deny: [
      { writes: DISKS },
      { program: ["mkfs*", "mke2fs", "mkswap", "wipefs", "blkdiscard", "badblocks", "cryptsetup"], paths: DISKS },
      { program: ["sgdisk"], args: ["-Z|-z|-o|--zap-all|--zap|--clear"] },
    ],
    why: "it writes over a disk, below all files",
    words: ["/dev/", "mkfs", "mke2fs", "wipefs", "blkdiscard", "sgdisk"],
  },
  "write-accounts": {
    deny: [
      { writes: ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/sudoers", "/etc/sudoers.d/**"] },
    ],
    why: "it writes over the accounts of the machine",
    words: ["/etc", "passwd", "shadow", "sudoers", "gshadow", "group"],
  },
  "fork-bomb": {
    deny: [],
    special: ({ isBomb }) => isBomb === true,
    why: "it starts itself again and again until the machine stands still",
    words: ["(", "function"],
  },
  "run-download": {
    deny: [{ program: ["curl", "wget", "fetch", "aria2c", "lwp-download", "http", "https"], isRun: true }],
    why: "it runs what somebody else's server sends at that moment: fetch it, check its hash, and then run the file",
    words: ["curl", "wget", "fetch", "aria2c", "http"],
  },
  "kill-all": {
    deny: [{ program: ["killall5"] }],
    special: killsAll,
    why: "it ends every process that its user has, this worker among them",
    words: ["kill"],
  },
  "power-off": {
    deny: [
      { program: ["reboot", "halt", "poweroff"] },
      { program: ["init", "telinit"], args: ["0|6|1"] },
      { program: ["systemctl"], args: ["poweroff|reboot|halt|kexec|rescue|emergency|suspend|hibernate"] },
      { writes: ["/proc/sysrq-trigger", "/proc/sys/kernel/sysrq"] },
    ],
    special: ({ name, args }) => name === "shutdown" && !args.some((arg) => /^-[ck]|^--(help|show)/.test(arg)),
    why: "it stops the machine, and all tasks on it",
    words: ["reboot", "halt", "poweroff", "init", "telinit", "systemctl", "shutdown", "/proc"],
  },
};

/** Too much, or not to be read: the policy cannot say what it does. */
export const UNREAD_RULE = "unreadable";
export const UNREAD_WHY = "what it does cannot be told";

/** `rm -r $X/` and `rm -r $X/*`. With `${X:?}` it ends before. */
function removesUnknown(command: SimpleCommand): boolean {
  const { name, args, text } = command;
  if (name !== "rm" || !args.some((arg) => /^-(?!-)[a-zA-Z]*[rR]|^--rec/.test(arg))) return false;
  const isRoot = removesOf(command).some((path, at) => {
    const asWritten = operandsOf(args)[at] ?? "";
    return path === `${UNKNOWN}/*` || (path === UNKNOWN && asWritten === `${UNKNOWN}/`);
  });
  return isRoot && !/\$\{\w+:\?/.test(text);
}

/** `kill -9 -1`, not `kill -1 4711`. */
function killsAll({ name, args }: SimpleCommand): boolean {
  if (name !== "kill") return false;
  const rest = [...args];
  if (/^-(s|n|-signal)$/.test(rest[0] ?? "")) rest.splice(0, 2);
  else if (rest[0]?.startsWith("-") === true && rest[0] !== "--") rest.splice(0, 1);
  return rest.includes("-1");
}
