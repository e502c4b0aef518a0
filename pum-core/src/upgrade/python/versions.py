"""The installed versions of packages: versions.py NAME...

An answer is a line on standard output, a letter and what it says, as those of serve.py: "v" a
package, an empty path and its version, which is empty if it is not installed, and "c" at the end."""

import importlib.metadata
import json
import sys

# Packages beside this file are nobody's.
sys.path.pop(0)
for name in sys.argv[1:]:
    try:
        version = importlib.metadata.version(name) or ''
    except importlib.metadata.PackageNotFoundError:
        version = ''
    print('v' + json.dumps([name, '', version]))
print('c')
