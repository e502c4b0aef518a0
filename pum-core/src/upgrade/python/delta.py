"""Runs one delta. What it is told is in the environment."""

import importlib.util
import inspect
import json
import os
import sys

from pum.core.deltapy import DeltaPy


def version(text):
    """The version as the Python PUM gives it, or as text where nothing knows versions."""
    try:
        from packaging.version import parse
    except ImportError:
        try:
            from pkg_resources import parse_version as parse
        except ImportError:
            return text
    return parse(text)


def run(path, _directories):
    name = os.path.basename(path).split('.', 1)[0].replace('-', '_')
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    deltas = [
        found for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, DeltaPy) and found is not DeltaPy
    ]
    if not deltas:
        sys.exit('{}: it has no class that inherits DeltaPy, so there is nothing to run'.format(path))
    for delta in deltas:
        delta(
            version(os.environ['PUM_CURRENT_VERSION']),
            os.environ['PUM_DELTA_DIR'],
            json.loads(os.environ['PUM_DELTA_DIRS']),
            os.environ['PUM_SERVICE'],
            os.environ['PUM_UPGRADES_TABLE'],
            variables=json.loads(os.environ['PUM_VARIABLES']),
        ).run()
