"""What keeps programs from being run, and what they import. It imports and runs nothing of theirs."""

import ast
import importlib.util
import json
import os
import sys


def is_import(node):
    return isinstance(node, (ast.Import, ast.ImportFrom))


def is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(getattr(node.value, 'value', None), str)


def modules_of(nodes):
    for node in nodes:
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


def first_statements(body):
    """Its imports before anything else happens, which might be what they depend on."""
    for node in body:
        if is_import(node):
            yield node
        elif not is_docstring(node):
            return


def found(module):
    try:
        return importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return getattr(sys.modules.get(module), '__spec__', None)


def is_there(module):
    return found(module) is not None or module in sys.modules


def top(module):
    return module.split('.')[0]


def arguments_of_hook(body):
    """The names that the method `run_hook` of the class `Hook` asks for."""
    hooks = [one for one in body if isinstance(one, ast.ClassDef) and one.name == 'Hook']
    for method in [one for hook in hooks[-1:] for one in hook.body]:
        if isinstance(method, ast.FunctionDef) and method.name == 'run_hook':
            every = getattr(method.args, 'posonlyargs', []) + method.args.args + method.args.kwonlyargs
            yield from (one.arg for one in every if one.arg not in ('self', 'connection'))


class Check:
    """The problems with these files, a line each, and the modules that they all find under the same
    name and so can share."""

    def __init__(self, kind, files, directories):
        self.problems = []
        self.modules = []
        # The parameters of the project, where they are known.
        self.parameters = json.loads(os.environ.get('PUM_PARAMETERS', 'null'))
        self.own = [one for one in sys.path if one]
        for path in files:
            beside = []
            if kind == 'hook':
                beside = [os.path.dirname(os.path.abspath(path))] + directories[::-1]
            try:
                self.file(path, beside, ['psycopg'] if kind == 'hook' else [])
            finally:
                sys.path[:] = self.own

    def file(self, path, beside, wanted):
        """Looks at a file, for which modules in the directories `beside` come first. It is loaded
        only if the modules are there that it imports in any case."""
        try:
            with open(path, 'rb') as file:
                body = ast.parse(file.read(), path).body
        except SyntaxError as error:
            self.problems.append('{}:{}: {}'.format(path, error.lineno or 1, error.msg))
            return
        except (OSError, ValueError) as error:
            self.problems.append('{}: {}'.format(path, error))
            return
        if self.parameters is not None:
            for name in arguments_of_hook(body):
                if name not in self.parameters:
                    self.problems.append('{}: run_hook wants "{}", and there is no such parameter'.format(
                        path, name))
        # What "pum" has is pum's own.
        shared = [name for name in modules_of(first_statements(body)) if top(name) != 'pum']
        installed = {name: found(name) for name in map(top, shared)}
        sys.path[:] = beside + self.own
        for name in shared:
            spec, here = installed[top(name)], found(top(name))
            if spec is not None and here is not None and spec.origin == here.origin:
                self.modules.append(name)
        seen = set()
        for name in map(top, wanted + list(modules_of(filter(is_import, body)))):
            if name != 'pum' and name not in seen and not is_there(name):
                self.problems.append('{}: no module named "{}"'.format(path, name))
            seen.add(name)
