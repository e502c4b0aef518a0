#!/usr/bin/env python3
"""Upgrade a database with pum, with a progress bar: upgrade.py [ARGUMENT OF pum upgrade]...

pum writes one JSON object a line, and reads one for each question that it asks: docs/events.md.
"""

import json
import os
import subprocess
import sys

WIDTH = 30


def show_bar(event):
    done = (event["position"] - 1) * WIDTH // event["count"]
    file = os.path.basename(event["file"])
    bar = "#" * done + "." * (WIDTH - done)
    print(f"[{bar}] {event['position']}/{event['count']} {file}:{event['line']}", flush=True)


def ask(question):
    choices = "/".join(choice["answer"] for choice in question["choices"])
    try:
        answer = input(f"{question['text']} ({choices}) ").strip()
    except EOFError:
        answer = ""
    return {"id": question["id"], "answer": answer or question["default"]}


def run(arguments):
    command = [os.environ.get("PUM", "pum"), "--events", "json", *arguments]
    pum = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    result = None
    for line in pum.stdout:
        event = json.loads(line)
        if event["event"] == "statement_started":
            show_bar(event)
        elif event["event"] == "message":
            print(f"{event['level']}: {event['text']}")
        elif event["event"] == "question":
            print(json.dumps(ask(event)), file=pum.stdin, flush=True)
        elif event["event"] == "result":
            result = event
    pum.wait()
    return result


if __name__ == "__main__":
    result = run(["upgrade", *sys.argv[1:]])
    if result is None:
        sys.exit("pum ended without a result")
    if error := result["error"]:
        place = f"{error['file']}:{error['line']}: " if error["file"] else ""
        print(f"{place}{error['message']}", *error["hints"], sep="\n", file=sys.stderr)
    else:
        print(result["output"], end="")
    sys.exit(result["exit_code"])
