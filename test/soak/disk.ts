/**
 * A small disk of its own: a file system in a file, which can be filled to the last block and made slow without touching the
 * disk that everybody shares. Needs root and a loop device; what it writes is limited by the kernel's block layer.
 *
 * SD1  `close` unmounts it and lets go of its device, also where a process that was killed still holds it for a moment.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statfsSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** So many writes a second are left of a slow one: a sync takes a tenth to a third of a second. */
const SLOW = 30;
const LIMIT = "blkio.throttle.write_iops_device";

export class SmallDisk {
  readonly #folder = mkdtempSync(join(tmpdir(), "octopus-disk-"));
  readonly dir = join(this.#folder, "disk");
  /** Where the limits of devices are mounted. */
  readonly #limits: string;
  #device = "";

  /** Undefined: none can be made here. */
  static make(megabytes: number): SmallDisk | undefined {
    const disk = new SmallDisk();
    try {
      disk.#open(megabytes);
      return disk;
    } catch {
      disk.close();
      return undefined;
    }
  }

  private constructor() {
    this.#limits = join(this.#folder, "limits");
  }

  #open(megabytes: number): void {
    const image = join(this.#folder, "image");
    writeFileSync(image, "");
    truncateSync(image, megabytes * 1024 * 1024);
    run("mkfs.ext4", "-q", "-m", "0", image);
    mkdirSync(this.dir);
    run("mount", "-o", "loop", image, this.dir);
    chmodSync(this.dir, 0o777);
    const { dev } = statSync(this.dir);
    this.#device = `${Math.floor(dev / 256) % 4096}:${(dev % 256) + Math.floor(dev / 1_048_576) * 256}`;
  }

  get canBeSlow(): boolean {
    try {
      this.#limit(0);
      return true;
    } catch {
      return false;
    }
  }

  slow(): void {
    this.#limit(SLOW);
  }

  fast(): void {
    this.#limit(0);
  }

  /** Takes all that is left. */
  fill(): void {
    const { bavail, bsize } = statfsSync(this.dir);
    // What cannot be had in one piece is written until it does not fit.
    for (const bytes of [bavail * bsize, 1 << 20, 1 << 16, 1 << 12]) this.#takeAll(bytes);
  }

  #takeAll(bytes: number): void {
    for (let n = 0; n < 1000; n++) {
      try {
        run("fallocate", "-l", String(bytes), join(this.dir, `ballast-${bytes}-${n}`));
      } catch {
        return;
      }
    }
  }

  free(): void {
    run("find", this.dir, "-maxdepth", "1", "-name", "ballast-*", "-delete");
  }

  close(): void {
    // Slow ones take long to unmount.
    for (const end of [() => this.fast(), () => run("umount", this.#limits), () => run("umount", "--lazy", this.dir)])
      try {
        end();
      } catch {
        // It was not begun.
      }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Limits stand in a hierarchy of control groups, which need not be mounted where this process looks. */
  #limit(writes: number): void {
    const file = join(this.#limits, LIMIT);
    mkdirSync(this.#limits, { recursive: true });
    if (!isThere(file)) run("mount", "-t", "cgroup", "-o", "blkio", "octopus-test", this.#limits);
    writeFileSync(file, `${this.#device} ${writes}`);
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function run(program: string, ...words: string[]): void {
  execFileSync(program, words, { stdio: ["ignore", "ignore", "pipe"] });
}
