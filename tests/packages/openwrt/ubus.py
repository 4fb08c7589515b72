# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Calls a method of the rpcd plugin as rpcd does, and judges the answer.

ubus.py PLUGIN METHOD INPUT EXPRESSION: the expression knows `it`, the answer.
"""

import json
import os
import subprocess
import sys

plugin, method, given, expression = sys.argv[1:]
shell = os.environ.get("ASH", "busybox ash").split()
arguments = ["list"] if method == "list" else ["call", method]
done = subprocess.run([*shell, plugin, *arguments], input=given, text=True,
                      stdout=subprocess.PIPE, check=False)
print(done.stdout)
it = json.loads(done.stdout)
sys.exit(0 if eval(expression, {"it": it}) else 1)
