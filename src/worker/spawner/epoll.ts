/** A set of descriptors to wait for. Each stands in it with a role and a command's number, which its events bring back. */
import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLL_DATA_AT,
  EPOLL_EVENT_BYTES,
  EPOLLIN,
  EPOLLOUT,
  type Libc,
} from "./libc.ts";

/** Events taken in one call; more wait for the next. */
const EVENTS_MAX = 64;

export class Epoll {
  readonly fd: number;
  readonly #libc: Libc;
  readonly #events = Buffer.alloc(EVENTS_MAX * EPOLL_EVENT_BYTES);
  readonly #change = Buffer.alloc(EPOLL_EVENT_BYTES);

  constructor(libc: Libc) {
    this.#libc = libc;
    this.fd = libc.epoll_create1(EPOLL_CLOEXEC);
  }

  /** Waits for `fd` to have something to read, or to be at its end. Closing it takes it out. */
  add(fd: number, role: number, id: number): void {
    this.#control(EPOLL_CTL_ADD, fd, EPOLLIN, [role, id]);
  }

  /** Whether room to write is news as well. */
  setWriting(fd: number, writing: boolean, role: number): void {
    this.#control(EPOLL_CTL_MOD, fd, writing ? EPOLLIN | EPOLLOUT : EPOLLIN, [role, 0]);
  }

  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0, [0, 0]);
  }

  /** Waits at most `timeoutMs` (-1 = for ever), then calls back for each event. */
  wait(timeoutMs: number, onEvent: (role: number, id: number) => void): void {
    const count = this.#libc.epoll_wait(this.fd, this.#events, EVENTS_MAX, timeoutMs);
    for (let i = 0; i < count; i++) {
      const at = i * EPOLL_EVENT_BYTES + EPOLL_DATA_AT;
      onEvent(this.#events.readUInt32LE(at), this.#events.readUInt32LE(at + 4));
    }
  }

  #control(operation: number, fd: number, events: number, data: readonly [role: number, id: number]): void {
    this.#change.writeUInt32LE(events, 0);
    this.#change.writeUInt32LE(data[0], EPOLL_DATA_AT);
    this.#change.writeUInt32LE(data[1], EPOLL_DATA_AT + 4);
    this.#libc.epoll_ctl(this.fd, operation, fd, this.#change);
  }
}
