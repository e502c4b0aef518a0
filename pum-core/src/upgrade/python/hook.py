"""Runs one hook of PUM 1. What it is told is in the environment."""

import abc
import importlib.util
import inspect
import json
import os
import pathlib
import sys
import types

try:
    import psycopg
    import psycopg.sql
except ImportError:
    sys.exit('hooks are given a connection of psycopg 3, which this Python does not have: '
             'install it (pip install psycopg), or name another Python with python_exe')


def literals(parameters):
    return {name: psycopg.sql.Literal(value) for name, value in (parameters or {}).items()}


class HookBase(abc.ABC):
    """The base of hooks, for where the Python PUM is not installed; the same as there."""

    def _prepare(self, connection, parameters=None):
        self._connection = connection
        self._parameters = dict(parameters or {})

    @abc.abstractmethod
    def run_hook(self, connection, parameters=None):
        """What the hook does."""

    def execute(self, sql):
        if isinstance(sql, pathlib.Path):
            sql = sql.read_text(encoding='utf-8')
        if isinstance(sql, str):
            sql = psycopg.sql.SQL(sql).format(**literals(self._parameters))
        self._connection.execute(sql)


def pum_module():
    """The Python PUM, or as much of it as hooks need."""
    try:
        from pum import HookBase as installed
        return installed
    except ImportError:
        module = types.ModuleType('pum')
        module.HookBase = HookBase
        sys.modules['pum'] = module
        return HookBase


def run(path, directories):
    parameters = json.loads(os.environ['PUM_VARIABLES'])
    pum_module()
    # A hook may import what stands beside it, and what stands in its project.
    for directory in directories + [os.path.dirname(path)]:
        sys.path.insert(0, directory)
    name = pathlib.Path(path).stem
    spec = importlib.util.spec_from_file_location(
        name, path, submodule_search_locations=[os.path.dirname(path)])
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    hook = getattr(module, 'Hook', None)
    if not inspect.isclass(hook) or not hasattr(hook, 'run_hook'):
        sys.exit('{}: it has no class Hook with a method run_hook'.format(path))
    arguments = {}
    for argument in inspect.signature(hook.run_hook).parameters:
        if argument in ('self', 'connection'):
            continue
        if argument not in parameters:
            sys.exit('{}: run_hook wants "{}", and there is no such parameter'.format(path, argument))
        arguments[argument] = parameters[argument]
    # PG* in the environment lead to the database.
    with psycopg.connect('') as connection:
        instance = hook()
        instance._prepare(connection=connection, parameters=parameters)
        instance.run_hook(connection=connection, **arguments)
