"""What a plugin may use of its attempt: `import octopus`. Its runner provides this module; nothing has to be installed.

    octopus.log("half way")                     a line in the log of the attempt
    octopus.progress(0.5, "copying")            how far it is: 0 to 1
    octopus.artifact("report.csv", file=path)   keeps a file with the attempt (or content="..." or bytes)
    octopus.task.id, octopus.task.attempt       what it runs for
    octopus.inputs                              folder with the files of other tasks, or None
    octopus.config                              the settings of an adapter, when it is called as one
    octopus.adapters.alerts.send(text="hello")  calls an adapter that the deployment has configured

Between attempts `task`, `inputs` and `config` are None.
"""

__all__ = ["FatalError", "Stopped", "adapters", "artifact", "log", "progress"]


class FatalError(Exception):
    """Raised to say that another try is useless: the task fails at once, whatever retries are left."""


class Stopped(BaseException):
    """Raised in the attempt when it has to stop: it timed out, was cancelled, or its worker ends.

    `finally` and `with` blocks run; what takes longer than the grace of the task is killed.
    """


class AdapterError(Exception):
    """An adapter could not be called, or its action failed."""


class Task:
    """The task that an attempt belongs to."""

    __slots__ = ("arm", "attempt", "id", "name", "run", "schedule", "type")

    def __init__(self, said):
        self.id = said.get("id")
        self.attempt = said.get("attempt")
        self.name = said.get("name")
        self.type = said.get("type")
        self.arm = said.get("arm")
        self.run = said.get("run")
        self.schedule = said.get("schedule")

    def __repr__(self):
        return f"<task {self.id}, attempt {self.attempt}>"


class Adapter:
    """One adapter: its actions are methods."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, action):
        if action.startswith("_"):
            raise AttributeError(action)
        name = self._name

        def call(*args, **kwargs):
            try:
                return _ask({"what": "adapter", "name": name, "action": action, "args": args, "kwargs": kwargs})
            except _refused as refused:
                raise AdapterError(str(refused)) from None

        return call

    __getitem__ = __getattr__


class Adapters:
    """The adapters that the deployment has configured, by name."""

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return Adapter(name)

    __getitem__ = __getattr__


adapters = Adapters()
inputs = None
config = None

# Set by the runner.
_said = None
_send = None
_ask = None
_refused = ()
# In a sandbox: the worker opens no file on behalf of code that may not open it itself.
_sends_files = False
_SENT_BYTES_MAX = 32 * 1024 * 1024


def __getattr__(name):
    # Made when it is asked for: most attempts never do.
    if name == "task":
        return None if _said is None else Task(_said)
    raise AttributeError(f"module 'octopus' has no attribute {name!r}")


def log(text):
    """Adds a line to the log of the attempt."""
    _send({"t": "log", "text": str(text)})


def progress(value, message=None):
    """Says how far the attempt is: 0 to 1."""
    said = {"t": "progress", "value": float(value)}
    if message is not None:
        said["message"] = str(message)
    _send(said)


def artifact(path, content=None, *, file=None):
    """Keeps a file with the attempt: text or bytes, or a file of this machine. Returns when the server has it."""
    if (content is None) == (file is None):
        raise TypeError("artifact() takes content or file=, and not both")
    asked = {"what": "artifact", "path": str(path)}
    if file is not None and _sends_files:
        with open(file, "rb") as opened:
            content = opened.read(_SENT_BYTES_MAX + 1)
        if len(content) > _SENT_BYTES_MAX:
            raise OSError(f"{file} has more than 32 MiB: a plugin in a sandbox can keep no larger files")
    if file is not None and not _sends_files:
        import os

        asked["file"] = os.path.abspath(os.fspath(file))
    elif isinstance(content, str):
        asked["text"] = content
    else:
        import base64

        asked["base64"] = base64.b64encode(content).decode("ascii")
    try:
        _ask(asked)
    except _refused as refused:
        raise OSError(str(refused)) from None
