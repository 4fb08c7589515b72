# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""JSON for the stand-in of jshn.sh.

jshn.py load TEXT prints variables of the shell; jshn.py dump prints an object of
the triples TYPE NAME VALUE that follow.
"""

import json
import shlex
import sys


def text(value):
    return str(int(value)) if isinstance(value, bool) else str(value)


def load(document):
    for name, value in json.loads(document).items():
        if isinstance(value, list):
            print(f"JSON_{name}_ITEMS={len(value)}")
            for number, item in enumerate(value, 1):
                print(f"JSON_{name}_{number}={shlex.quote(text(item))}")
        else:
            print(f"JSON_{name}={shlex.quote(text(value))}")


def dump(words):
    members = {}
    for kind, name, value in zip(*[iter(words)] * 3):
        members[name] = int(value) if kind == "int" else value
    print(json.dumps(members))


if sys.argv[1] == "load":
    load(sys.argv[2])
else:
    dump(sys.argv[2:])
