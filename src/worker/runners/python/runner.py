"""Runs the actions of one plugin for an Octopus worker, one call after the other, for as long as the worker wants.

Started by the worker alone. The worker writes frames (four bytes of length, then JSON) to the descriptor that it names in
the arguments and reads frames from it; standard output and error are the plugin's own.

R1  An answer is written before the next call begins, and a call begins only when what the one before it wrote to standard
    output or error has been read: so the worker always knows whose output it reads.
R2  Nothing that a plugin does ends this process but ending it on purpose: whatever it raises is an answer.
R3  Only the standard library is used, as little of it as possible before it is needed, in a form that Python 3.9 reads.
"""

import fcntl
import json
import os
import signal
import sys
import time

try:
    import resource
except ImportError:
    resource = None

# Between two calls the worker is listened to only when this much time has passed: see `hold` in the worker's runner.ts.
LOOK_S = 0.005
RESULT_BYTES_MAX = 16 * 1024 * 1024
TIOCOUTQ = 0x5411
HERE = os.path.abspath(__file__)
OWN = os.path.dirname(HERE)


def load_own(file, name=None):
    """A file beside this one: not by its name alone, for the plugin may have a module of that name."""
    import importlib.util

    name = name or "_octopus_" + file
    spec = importlib.util.spec_from_file_location(name, os.path.join(OWN, file + ".py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


# Neither the plugin's folder nor this one is for this process to write to.
sys.dont_write_bytecode = True
octopus = load_own("octopus", "octopus")
channels = load_own("channel")
encode = channels.encode


class Runner:
    def __init__(self, channel, plugin):
        self.channel = channel
        self.plugin = plugin
        self.pid = os.getpid()
        self.cwd = os.getcwd()
        self.env = []
        self.running = False
        self.stopping = False
        self.signalled = False
        self.loop = None
        self.queue_size = bytearray(4)
        self.ended = ended_children()
        self.streams = (sys.stdout, sys.stderr)
        self.outputs = outputs()
        self.is_copy = False
        channel.stop = None
        os.register_at_fork(after_in_child=self.on_forked)

    def on_forked(self):
        self.is_copy = True

    # --- stopping ---

    def on_term(self, _signal, _frame):
        if os.getpid() != self.pid:
            return
        if not self.running:
            # For a call that is over, or for one that was not read yet.
            self.signalled = True
            return
        self.stopping = True
        if self.channel.busy > 0:
            self.channel.stop = self.raise_stopped
        else:
            raise octopus.Stopped

    def raise_stopped(self):
        self.channel.stop = None
        if self.running:
            raise octopus.Stopped

    # --- calls ---

    def serve(self):
        channel = self.channel
        looked = time.monotonic()
        while True:
            if not channel.inbox and not channel.held:
                channel.wait(lambda: channel.inbox or channel.held)
                looked = time.monotonic()
            else:
                now = time.monotonic()
                if now - looked >= LOOK_S:
                    channel.look()
                    looked = now
            if channel.held:
                channel.held = False
                channel.inbox.clear()
                channel.send_text('{"t":"held"}')
                continue
            self.serve_call(channel.inbox.popleft())

    def serve_call(self, call):
        channel = self.channel
        self.stopping = False
        begun = time.perf_counter()
        cpu = time.process_time()
        try:
            text = self.run_to_end(call)
        except octopus.Stopped:
            text = '"error":{"message":"it was told to stop","kind":"stopped"}'
        except channels.Gone:
            raise
        except SystemExit as error:
            text = '"value":null' if error.code in (None, 0) else '"error":' + self.describe(error, call)
        except BaseException as error:
            text = '"error":' + self.describe(error, call)
        if self.is_copy:
            # The plugin forked, and its child came back here: the call is answered by its parent alone.
            self.flush()
            os._exit(0)
        spent = (time.process_time() - cpu) * 1000
        took = (time.perf_counter() - begun) * 1000
        more = ',"stopped":1' if self.stopping else ""
        octopus._said = octopus.inputs = octopus.config = None
        waits = False
        if self.flush():
            waits = True
            more += ',"dirty":1'
        if self.has_left():
            waits = True
            more += ',"left":1'
        retires = self.has_spoiled_output()
        if retires:
            more += ',"retire":1'
        channel.going = False
        channel.stop = None
        channel.send_text(f'{{"t":"done","n":{call["n"]},"ms":{took:.3f},"cpu":{spent:.3f}{more},{text}}}')
        while retires:
            # Until the worker lets it end: the calls that wait here are run elsewhere.
            channel.wait(lambda: False)
        if waits:
            channel.wait(lambda: channel.going)
            reap()
            self.ended = ended_children()

    def begin(self, call):
        env = call.get("env")
        names = self.env
        environ = os.environ
        if names:
            for name in names:
                if env is None or name not in env:
                    environ.pop(name, None)
        if env is not None:
            for name, value in env.items():
                environ[name] = value
            self.env = list(env)
        else:
            self.env = []
        try:
            if os.getcwd() != self.cwd:
                os.chdir(self.cwd)
        except OSError:
            # It is gone, or was: a plugin that needs no folder runs all the same.
            pass
        octopus._said = call.get("task")
        octopus.inputs = call.get("inputs")
        octopus.config = call.get("config")

    def run_to_end(self, call):
        # Nothing is raised by a signal any more once this is left.
        try:
            self.begin(call)
            self.running = True
            if self.signalled:
                self.signalled = False
                self.channel.look()
                if self.channel.stopped == call["n"]:
                    self.stopping = True
                    raise octopus.Stopped
            return self.run(call)
        finally:
            self.running = False

    def run(self, call):
        name = call["action"]
        try:
            action = self.plugin.action(name)
        except SystemExit as error:
            raise ImportError(f"it ended itself with sys.exit({error.code!r}) while it was imported") from None
        if action is None:
            raise NoAction(name)
        value = action(*call.get("args", ()), **call.get("kwargs", {}))
        kind = type(value)
        if kind is dict or value is None or kind is str:
            pass
        elif hasattr(value, "__await__") or hasattr(value, "__anext__"):
            value = self.run_async(value)
        elif hasattr(value, "__next__"):
            value = list(value)
        return '"value":' + encode_result(value)

    def run_async(self, value):
        import asyncio

        if self.loop is None or self.loop.is_closed():
            self.loop = asyncio.new_event_loop()
        loop = self.loop
        asyncio.set_event_loop(loop)
        main = collect(value) if hasattr(value, "__anext__") else awaited(value)
        try:
            return loop.run_until_complete(main)
        finally:
            # What it left behind is not the next attempt's.
            tasks = [task for task in asyncio.all_tasks(loop) if not task.done()]
            for task in tasks:
                task.cancel()
            if tasks:
                loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    # --- what it leaves ---

    def flush(self):
        """True when output waits to be read."""
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            try:
                stream.flush()
            except Exception:
                pass
        size = self.queue_size
        for descriptor in (1, 2):
            try:
                fcntl.ioctl(descriptor, TIOCOUTQ, size)
                if size != b"\0\0\0\0":
                    return True
            except OSError:
                # Closed by the plugin, or led elsewhere; on other systems than Linux nobody says how much waits.
                if sys.platform != "linux":
                    return True
        return False

    def has_spoiled_output(self):
        """Whether the next call would have no output. What it put in place of the streams is taken away again."""
        sys.stdout, sys.stderr = self.streams
        return sys.stdout.closed or sys.stderr.closed or outputs() != self.outputs

    def has_left(self):
        """Whether processes may be left: its children, or those of children that have ended in this call."""
        ended = ended_children()
        has_ended = ended != self.ended
        self.ended = ended
        return has_ended or has_children()

    # --- errors ---

    def describe(self, error, call):
        return encode(words().describe(error, call, self.plugin, HERE))


class NoAction(Exception):
    """The plugin has no such action."""


class NotJson(Exception):
    """What JSON cannot carry."""


def encode_result(value):
    try:
        text = encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise NotJson(words().not_json(value, error)) from None
    if len(text) > RESULT_BYTES_MAX:
        size = len(text) / 1024 / 1024
        raise NotJson(
            f"it returned {size:.0f} MiB, and a result may have 16 MiB: "
            "keep it as a file with octopus.artifact(path, content), and return what it is"
        )
    return text


def has_children():
    """Whether processes that it started are still there."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return True
    except (OSError, AttributeError):
        return False


def outputs():
    """What standard output and error lead to."""
    try:
        out = os.fstat(1)
        err = os.fstat(2)
    except OSError:
        return None
    return (out.st_ino, out.st_dev, err.st_ino, err.st_dev)


def ended_children():
    """Changes whenever a child has ended and was waited for."""
    if resource is None:
        return 0
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_minflt + usage.ru_majflt


def reap():
    """The worker has ended them; a plugin that waits for one later is told that it is gone."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except OSError:
        pass


def words():
    """What describes errors."""
    name = "_octopus_describe_error"
    return sys.modules.get(name) or load_own("describe_error")


async def awaited(value):
    return await value


async def collect(values):
    return [value async for value in values]


def prepare_streams():
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True, write_through=False)


def main():
    settings = json.loads(sys.argv[1])
    sys.argv = [settings["name"]]
    # Nothing of this folder may be taken for a module of the plugin, but for the two that belong here.
    sys.path = [path for path in sys.path if path != OWN and path != ""]
    sys.path.insert(0, settings["folder"])
    prepare_streams()
    channel = channels.Channel(settings["control"], settings["answers"])
    octopus._send = channel.send
    octopus._ask = channel.ask
    octopus._refused = channels.Refused
    octopus._sends_files = settings.get("sendsFiles", False)
    plugin = load_own("plugin_module").Plugin(settings["name"], settings["folder"], settings["entry"])
    runner = Runner(channel, plugin)
    signal.signal(signal.SIGTERM, runner.on_term)
    version = "%d.%d.%d" % sys.version_info[:3]
    channel.send_text(encode({"t": "ready", "pid": os.getpid(), "version": version, "program": sys.executable}))
    try:
        runner.serve()
    except (channels.Gone, OSError):
        # Nothing of the plugin's may hold up the end: threads, exit handlers.
        os._exit(0)


if __name__ == "__main__":
    main()
