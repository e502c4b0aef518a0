"""Tells what keeps programs from being run, a line each: check.py KIND FILE... -- DIRECTORY...

It imports and runs nothing of theirs."""

import ast
import importlib.util
import os
import sys


def imports(path):
    """The modules without which the file cannot be loaded: those that it imports in any case."""
    with open(path, 'rb') as file:
        tree = ast.parse(file.read(), path)
    for node in tree.body:
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


def is_there(module):
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return module in sys.modules


def main():
    kind, rest = sys.argv[1], sys.argv[2:]
    end = rest.index('--')
    files, directories = rest[:end], [os.path.abspath(one) for one in rest[end + 1:]]
    own = [one for one in sys.path[1:] if one]
    for path in files:
        sys.path[:] = own
        wanted = []
        if kind == 'hook':
            sys.path[:0] = [os.path.dirname(os.path.abspath(path))] + directories[::-1]
            wanted.append('psycopg')
        try:
            wanted.extend(imports(path))
        except SyntaxError as error:
            print('{}:{}: {}'.format(path, error.lineno or 1, error.msg))
            continue
        except (OSError, ValueError) as error:
            print('{}: {}'.format(path, error))
            continue
        seen = set()
        for module in wanted:
            # What "pum" has is pum's own.
            top = module.split('.')[0]
            if top != 'pum' and top not in seen and not is_there(top):
                print('{}: no module named "{}"'.format(path, top))
            seen.add(top)


main()
