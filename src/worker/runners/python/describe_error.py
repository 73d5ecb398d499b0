"""Words for what went wrong in a plugin; loaded by the first error, for most calls have none."""

import os
import sys
import traceback

STACK_MAX = 8000


def describe(error, call, plugin, runner_file):
    """The error as the worker is told: its message, its kind, its stack without the runner's own frames."""
    kind = type(error).__name__
    own = os.path.dirname(runner_file)
    frames = own_frames(error, own)
    said = {"message": message_of(error, call, plugin, frames), "kind": kind}
    name = {"NoAction": "unknown_action", "NotJson": "result"}.get(kind)
    if name is not None:
        said["kind"] = name
    elif frames or isinstance(error, SyntaxError):
        stack = stack_of(error, own).replace(plugin.folder + os.sep, "")
        said["stack"] = stack[-STACK_MAX:]
    is_useless = isinstance(error, (ImportError, SyntaxError)) and plugin.module is None
    if name is not None or is_useless or kind == "FatalError" or is_wrong_call(error, frames):
        said["retryable"] = False
    return said


def message_of(error, call, plugin, frames):
    kind = type(error).__name__
    text = str(error)
    if kind == "NoAction":
        action = call["action"]
        there = getattr(plugin.module, action, None)
        what = "no function" if there is None else f"{action} is a {type(there).__name__}, and no function"
        lead = f"the plugin {plugin.name} has {what} {action}" if there is None else f"in the plugin {plugin.name} {what}"
        return f"{lead}; it has: {plugin.actions()}"
    if kind == "NotJson":
        return text
    if isinstance(error, SyntaxError):
        name = os.path.basename(error.filename or plugin.entry)
        line = (error.text or "").strip()
        return f"{name}, line {error.lineno}: {kind}: {error.msg}" + (f": {line}" if line else "")
    if isinstance(error, SystemExit):
        return f"it ended itself with sys.exit({error.code!r}){where(frames)}"
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        return missing_module(error, frames)
    if isinstance(error, MemoryError):
        text = text or "no memory is left for it (sandbox.memory, or the machine)"
    return f"{kind}: {text}{where(frames)}" if text else f"{kind}{where(frames)}"


def missing_module(error, frames):
    name = error.name.split(".")[0]
    version = "%d.%d.%d" % sys.version_info[:3]
    return (
        f"No module named {error.name!r}{where(frames)}: the Python of this worker is {sys.executable} ({version}); "
        f"install it there ({sys.executable} -m pip install {name}), or name a virtual environment that has it (venv)"
    )


def where(frames):
    if not frames:
        return ""
    frame = frames[-1]
    return f" ({os.path.basename(frame.filename)}, line {frame.lineno})"


def own_frames(error, own):
    """Where it came from, without the frames of the runner and of the import machinery."""
    return [frame for frame in traceback.extract_tb(error.__traceback__) if not is_ours(frame.filename, own)]


def is_ours(filename, own):
    return filename.startswith("<frozen importlib") or os.path.dirname(os.path.abspath(filename)) == own


def is_wrong_call(error, frames):
    """The arguments do not fit the function: it was never entered."""
    return isinstance(error, TypeError) and not frames


def stack_of(error, own):
    told = traceback.TracebackException(type(error), error, error.__traceback__, lookup_lines=True)
    seen = set()
    each = told
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        kept = [frame for frame in each.stack if not is_ours(frame.filename, own)]
        each.stack = traceback.StackSummary.from_list(kept)
        each = each.__cause__ or each.__context__
    return "".join(told.format())


def not_json(value, error):
    if isinstance(error, RecursionError) or "Circular" in str(error):
        return "it returned a value that holds itself, or is nested too deep for JSON"
    path, found = culprit(value, "", 0) or ("", value)
    at = f" at {path}" if path else ""
    if isinstance(found, float):
        return f"it returned {found}{at}, which JSON has no form for: return None, or the text"
    kind = type(found).__name__
    hint = {
        "set": "return sorted(...) or list(...)",
        "frozenset": "return sorted(...) or list(...)",
        "bytes": "return text, or keep it as a file with octopus.artifact",
        "datetime": "return value.isoformat()",
        "date": "return value.isoformat()",
        "Decimal": "return str(value) or float(value)",
        "Path": "return str(value)",
        "PosixPath": "return str(value)",
    }.get(kind, "return dicts, lists, text, numbers, True, False and None")
    return f"it returned a {kind}{at}, which JSON has no form for: {hint}"


def culprit(value, path, depth):
    """The first value that JSON cannot carry, and where it stands."""
    if depth > 100:
        return None
    if isinstance(value, dict):
        for key, each in value.items():
            if not isinstance(key, (str, int, float, bool, type(None))):
                return (f"{path}[{key!r}] as a key" if path else f"the key {key!r}", key)
            found = culprit(each, f"{path}.{key}" if path else str(key), depth + 1)
            if found:
                return found
        return None
    if isinstance(value, (list, tuple)):
        for index, each in enumerate(value):
            found = culprit(each, f"{path}[{index}]", depth + 1)
            if found:
                return found
        return None
    if isinstance(value, float):
        return (path, value) if value != value or value in (float("inf"), float("-inf")) else None
    if value is None or isinstance(value, (str, int, bool)):
        return None
    return (path, value)
