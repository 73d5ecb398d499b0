"""The module of a plugin: imported by the first call that needs it. Loaded by runner.py."""

import os
import sys


class Plugin:
    """The plugin's module, imported by the first call that needs it."""

    def __init__(self, name, folder, entry):
        self.name = name
        self.folder = folder
        self.entry = entry
        self.module = None

    def load(self):
        import importlib.util

        path = os.path.join(self.folder, *self.entry.split("/"))
        stem = os.path.splitext(os.path.basename(path))[0]
        is_package = stem == "__init__"
        name = (self.name if is_package else stem).replace("-", "_")
        if name in sys.modules or name in getattr(sys, "stdlib_module_names", ()):
            name = "plugin_" + name
        importlib.invalidate_caches()
        places = [os.path.dirname(path)] if is_package else None
        spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=places)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            # The next attempt imports anew: what was missing may be there by then.
            sys.modules.pop(name, None)
            self.forget()
            raise
        self.module = module
        return module

    def forget(self):
        """What it imported of its own files is imported anew by the next attempt."""
        own = self.folder + os.sep
        for name, module in list(sys.modules.items()):
            if (getattr(module, "__file__", None) or "").startswith(own):
                del sys.modules[name]

    def action(self, name):
        module = self.module or self.load()
        found = getattr(module, name, None)
        if callable(found) and not name.startswith("_"):
            return found
        return None

    def actions(self):
        module = self.module
        own = [
            name
            for name, value in vars(module).items()
            if callable(value) and not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
        ]
        return ", ".join(own) or "none"
