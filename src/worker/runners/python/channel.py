"""Frames between a runner and its worker: four bytes of length, then JSON. Loaded by runner.py."""

import fcntl
import json
import os
import select
import struct
from collections import deque

FRAME_BYTES_MAX = 64 * 1024 * 1024


class Gone(BaseException):
    """The worker is gone."""


class Refused(Exception):
    """The worker said no."""


class Channel:
    """Frames from and to the worker. Any thread may send and ask; one at a time reads."""

    def __init__(self, descriptor, answers):
        # A high number that no child inherits: a plugin that writes to 3 by accident must not hit it.
        self.descriptor = move_up(descriptor)
        self.answering = move_up(answers)
        self.inbox = deque()
        self.answers = {}
        self.asked = 0
        self.held = False
        self.going = False
        # Number of the call that was told to stop last.
        self.stopped = 0
        self.stop = None
        self.unread = b""
        self.condition = None
        self.reading = False
        self.lock = None
        self.busy = 0

    def share(self):
        """Makes it safe for threads; asked for by the first one that needs it."""
        if self.condition is None:
            import threading

            self.condition = threading.Condition()

    def send_text(self, text):
        data = text.encode("utf-8", "surrogatepass")
        data = struct.pack("<I", len(data)) + data
        # A signal that stops the attempt may come at any moment, and must not tear a frame apart.
        self.busy += 1
        try:
            if self.lock is None:
                self.write(data)
            else:
                with self.lock:
                    self.write(data)
        finally:
            self.busy -= 1
        if self.stop is not None and self.busy == 0:
            self.stop()

    def write(self, data):
        written = os.write(self.answering, data)
        while written < len(data):
            data = data[written:]
            written = os.write(self.answering, data)

    def send(self, message):
        if self.lock is None:
            import threading

            self.lock = threading.Lock()
        self.send_text(encode(message))

    def read(self):
        """Reads what is there, or waits for it; the frames are sorted into where they belong."""
        data = os.read(self.descriptor, 65536)
        if not data:
            raise Gone
        data = self.unread + data if self.unread else data
        at = 0
        end = len(data)
        while end - at >= 4:
            size = int.from_bytes(data[at : at + 4], "little")
            if size > FRAME_BYTES_MAX:
                raise Gone
            if end - at - 4 < size:
                if size > 65536:
                    data = self.read_rest(data[at:], size + 4)
                    at = 0
                    end = len(data)
                    continue
                break
            self.receive(json.loads(data[at + 4 : at + 4 + size]))
            at += 4 + size
        self.unread = data[at:] if at < end else b""

    def read_rest(self, begun, size):
        parts = [begun]
        have = len(begun)
        while have < size:
            part = os.read(self.descriptor, min(size - have, 1024 * 1024))
            if not part:
                raise Gone
            parts.append(part)
            have += len(part)
        return b"".join(parts)

    def receive(self, message):
        kind = message["t"]
        if kind == "call":
            self.inbox.append(message)
        elif kind == "answer":
            self.answers[message["id"]] = message
        elif kind == "hold":
            self.held = True
        elif kind == "go":
            self.going = True
        elif kind == "stop":
            self.stopped = message["n"]

    def wait(self, ready):
        """Reads until `ready` holds. Several threads may wait: one of them reads for all."""
        if self.condition is None:
            while not ready():
                self.read()
            return
        while True:
            with self.condition:
                while self.reading and not ready():
                    self.condition.wait()
                if ready():
                    return
                self.reading = True
            try:
                self.read()
            finally:
                with self.condition:
                    self.reading = False
                    self.condition.notify_all()

    def look(self):
        """Reads what is there already."""
        while select.select([self.descriptor], [], [], 0)[0]:
            self.read()

    def ask(self, question):
        self.share()
        # The worker answers at once when the attempt has to stop; half a frame read would be the end of everything.
        self.busy += 1
        try:
            with self.condition:
                self.asked += 1
                number = self.asked
            self.send({"t": "ask", "id": number, **question})
            self.wait(lambda: number in self.answers)
            answer = self.answers.pop(number)
        finally:
            self.busy -= 1
        if self.stop is not None and self.busy == 0:
            self.stop()
        if "error" in answer:
            raise Refused(answer["error"])
        return answer.get("value")


def move_up(descriptor):
    for lowest in (200, 50, 15, 3):
        try:
            moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, lowest)
            os.close(descriptor)
            return moved
        except OSError:
            # It may have few of them (sandbox.openFiles).
            pass
    os.set_inheritable(descriptor, False)
    return descriptor


def refuse(value):
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=refuse).encode
