"""Runs deltas, or hooks of PUM 1:
serve.py (about | check | run) (delta | hook) FILE... -- DIRECTORY...

A request is a line of JSON on standard input. Each is carried out in a copy of this process, which
has imported what the files import: whatever a delta does to its interpreter ends with it. An answer
is a line on standard output, a letter and what it says: "v" a program and its version, "p" a
problem, "c" all files were checked,
"o" a line that a program wrote, "x" how it ended, as a number of wait(2)."""

import importlib
import importlib.util
import json
import os
import signal
import sys
import threading

# How a copy ends that is not as its original but for the modules that it has.
UNLIKE = 77


def beside(name):
    """A module that stands beside this file. No other one finds it by its name."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + '.py')
    spec = importlib.util.spec_from_file_location('_pum_' + name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def listed(directory):
    try:
        return len(os.listdir(directory))
    except OSError:
        return 0


def state():
    """What one delta must not find changed because another one imports a module."""
    sys.stdout.flush()
    sys.stderr.flush()
    return (
        os.fstat(1).st_size, os.fstat(2).st_size, os.getcwd(), dict(os.environ), list(sys.path),
        sys.excepthook, threading.active_count(), listed('/proc/self/task'), listed('/proc/self/fd'),
        [signal.getsignal(number) for number in range(1, signal.NSIG)],
    )


def import_all(modules):
    """Imports modules, in a copy of this process: if that does more than importing, or fails, this
    process goes on without it, and each program imports for itself."""
    if not modules or sys.platform == 'darwin':
        # The system's own libraries do not survive a copy there.
        return
    copy = os.fork()
    if copy:
        _, status = os.waitpid(copy, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == UNLIKE:
            return
        os._exit(0)
    try:
        before = state()
        for name in modules:
            importlib.import_module(name)
        is_like = state() == before
    except BaseException:
        is_like = False
    if not is_like:
        os._exit(UNLIKE)


def of_pum_itself(kind):
    """The modules that are imported for every program."""
    if kind == 'hook':
        names = [['psycopg.sql'], ['pum']]
    else:
        names = [['packaging.version', 'pkg_resources']]
    for alternatives in names:
        for name in alternatives:
            if importlib.util.find_spec(name.split('.')[0]) is not None:
                yield name
                break


def next_request(requests, answers):
    """Carries out requests. It returns only in copies of this process, with the request of each."""
    for line in iter(requests.readline, b''):
        reading, writing = os.pipe()
        copy = os.fork()
        if not copy:
            os.close(reading)
            requests.close()
            answers.close()
            os.dup2(writing, 1)
            os.dup2(writing, 2)
            os.close(writing)
            return json.loads(line.decode())
        os.close(writing)
        with os.fdopen(reading, 'rb') as output:
            for text in output:
                answers.write(b'o' + text.rstrip(b'\n') + b'\n')
        _, status = os.waitpid(copy, 0)
        answers.write('x{}\n'.format(status).encode())
    os._exit(0)


def versions():
    """This interpreter, and its modules for PostgreSQL."""
    yield 'python', sys.executable, '.'.join(map(str, sys.version_info[:3]))
    for name in 'psycopg2', 'psycopg':
        try:
            text = str(importlib.import_module(name).__version__)
        except BaseException:
            text = ''
        yield name, '', (text.split() or [''])[0]


def main():
    purpose, kind, rest = sys.argv[1], sys.argv[2], sys.argv[3:]
    end = rest.index('--')
    files, directories = rest[:end], [os.path.abspath(one) for one in rest[end + 1:]]
    # As under the Python PUM, other modules are not looked for beside this one.
    if sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
        sys.path.pop(0)
    requests, answers = os.fdopen(os.dup(0), 'rb'), os.fdopen(os.dup(1), 'wb', 0)
    if purpose == 'about':
        for version in versions():
            answers.write('v{}\n'.format(json.dumps(version)).encode())
    check = beside('check').Check(kind, files, directories)
    for problem in check.problems:
        answers.write(b'p' + problem.encode('utf-8', 'replace').replace(b'\n', b' ') + b'\n')
    answers.write(b'c\n')
    if check.problems or purpose != 'run':
        os._exit(0)
    null, said = os.open(os.devnull, os.O_RDONLY), os.path.abspath(__file__) + '.said'
    said = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number, file in ((0, null), (1, said), (2, said)):
        os.dup2(file, number)
    os.close(null)
    os.close(said)
    import_all(list(of_pum_itself(kind)) + check.modules)
    request = next_request(requests, answers)
    for name, value in request['environment'].items():
        name = bytes.fromhex(name)
        if value is None:
            os.environb.pop(name, None)
        else:
            os.environb[name] = bytes.fromhex(value)
    path = os.fsdecode(bytes.fromhex(request['path']))
    sys.argv = [sys.argv[0], path]
    beside(kind).run(path, directories)


if __name__ == '__main__':
    main()
