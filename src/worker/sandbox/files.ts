/**
 * Which mounts a sandbox changes so that a command can write nowhere but where it may, as lines for a shell: either one
 * process of perl that asks the kernel for all of it at once, or `mount` for each of them (ten times as slow, and
 * everywhere). Both do the same.
 *
 * SF1  Nothing can be written to that could not be written to before.
 * SF2  What is read-only opens no device but the harmless ones: a disk can be written through its device.
 */
import { isInside, type Mount } from "./mounts.ts";
import { quote } from "./quote.ts";
import type { Tools } from "./tools.ts";

/** What programs do not work without, and graphics cards. */
const DEVICES = /^\/dev\/(null|zero|full|random|urandom|tty|ptmx|fuse|kvm|nvidia.*|kfd)$/;
/** Looking at these starts something, or they belong to the kernel alone. */
const UNTOUCHED = new Set(["autofs", "nsfs", "devpts"]);

export interface FilesPlan {
  tools: Tools;
  mounts: readonly Mount[];
  /** Paths in /dev. */
  devices: readonly string[];
  /** Where it may write. */
  write: readonly string[];
  /** It has the rights of root on this machine, and could open any device. */
  isRoot: boolean;
  /** The process is in a user namespace; /proc is how the one below that is entered, and writes nothing of the machine. */
  keepsProc: boolean;
  /** /proc is a new one, without what is mounted inside. */
  hasNewProc: boolean;
}

export function fileLines(plan: FilesPlan): string[] {
  const { devices, isRoot } = plan;
  const kept = isRoot ? devices.filter((path) => DEVICES.test(path)) : [];
  return plan.tools.perl === undefined ? mountLines(plan, kept) : perlLines(plan, kept);
}

function mountLines({ tools, mounts, write, isRoot, keepsProc, hasNewProc }: FilesPlan, devices: string[]): string[] {
  const mount = `${tools.mount} -n`;
  // Mounts of their own, so that they keep their rights when the one under them loses its own.
  const lines = write.map((path) => `${mount} --rbind ${quote(path)} ${quote(path)} || fail ${quote(path)}`);
  for (const path of devices) lines.push(`${mount} --bind ${quote(path)} ${quote(path)} || fail ${quote(path)}`);
  for (const { point, options, type } of mounts) {
    if (UNTOUCHED.has(type) || (point !== "/" && write.some((folder) => isInside(point, folder)))) continue;
    if (isInside(point, "/proc") && (keepsProc || (hasNewProc && point !== "/proc"))) continue;
    if (isInside(point, "/dev/shm")) continue;
    const own = options.split(",").filter((option) => !["rw", "ro", "nodev"].includes(option));
    const nodev = isRoot || options.includes("nodev") ? ["nodev"] : [];
    const all = ["remount", "bind", "ro", ...nodev, ...own].join(",");
    const place = quote(point);
    // One that lies hidden below another one cannot be reached, by nobody.
    const isHidden = `! ${tools.mountpoint} -q ${place}`;
    lines.push(`${mount} -o ${all} ${place} 2>/dev/null || ${isHidden} || fail ${place}`);
  }
  if (hasShm(mounts)) lines.push(`${mount} -t tmpfs -o nosuid,nodev,mode=1777 octopus /dev/shm || fail /dev/shm`);
  return lines;
}

/** Numbers of the kernel: mount(2) has one for each architecture, mount_setattr(2) (Linux 5.12) the same everywhere. */
const MOUNT: Partial<Record<string, number>> = { x64: 165, arm64: 40 };
const PERL = `
my ($mount, $nodev, $shm) = splice(@ARGV, 0, 3);
my @lists = ([], [], []);
for my $list (@lists) { while (@ARGV) { my $path = shift @ARGV; last if $path eq "--"; push @$list, $path } }
my ($bind, $open, $devices) = @lists;
sub refuse { print STDERR "octopus: the sandbox could not be made: $_[0]: $!\\n"; exit 125 }
sub set { my ($path, $flags, $set, $clear) = @_; my ($p, $a) = ("$path\\0", pack("Q4", $set, $clear, 0, 0));
  syscall(442, -100, $p, $flags, $a, 32) == 0 or refuse($path) }
for (@$bind) { my $p = "$_\\0"; syscall($mount + 0, $p, $p, 0, 0x5000, 0) == 0 or refuse($_) }
set("/", 0x8000, $nodev ? 5 : 1, 0);
set($_, 0, 0, 1) for @$open;
set($_, 0, 0, 4) for @$devices;
my ($name, $place, $type, $how) = ("octopus\\0", "/dev/shm\\0", "tmpfs\\0", "mode=1777\\0");
!$shm or syscall($mount + 0, $name, $place, $type, 6, $how) == 0 or refuse("/dev/shm");
`;

export const HAS_PERL_WAY = MOUNT[process.arch] !== undefined;

function perlLines({ tools, mounts, write, isRoot, keepsProc }: FilesPlan, devices: string[]): string[] {
  const open = write.filter((path) => isWritable(mounts, path));
  for (const { point, options } of mounts) {
    if (write.some((folder) => point !== folder && isInside(point, folder)) && !options.split(",").includes("ro"))
      open.push(point);
  }
  if (keepsProc) open.push("/proc");
  const pts = isRoot && mounts.some(({ point }) => point === "/dev/pts") ? ["/dev/pts"] : [];
  const words = [
    ...[String(MOUNT[process.arch]), isRoot ? "1" : "", hasShm(mounts) ? "1" : ""],
    ...[...write, ...devices, "--", ...open, "--", ...devices, ...pts],
  ];
  return [`PERL_BADLANG=0 ${tools.perl} -e ${quote(PERL)} -- ${words.map(quote).join(" ")} || exit 125`];
}

/** As the mount that holds it was before. */
function isWritable(mounts: readonly Mount[], path: string): boolean {
  let holder: Mount | undefined;
  for (const mount of mounts)
    if (isInside(path, mount.point) && mount.point.length >= (holder?.point.length ?? 0)) holder = mount;
  return holder === undefined || !holder.options.split(",").includes("ro");
}

function hasShm(mounts: readonly Mount[]): boolean {
  return mounts.some(({ point }) => point === "/dev/shm");
}
