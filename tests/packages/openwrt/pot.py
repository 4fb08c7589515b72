# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Prints the translation template of the LuCI application: pot.py FOLDER.

The strings are those of _('...') and N_(n, '...', '...') in the views, titles
of the menu and descriptions of the ACL, with the files that have them.
"""

import json
import pathlib
import re
import sys

LITERAL = r"'((?:[^'\\\n]|\\.)*)'"
ONE = re.compile(r"(?<![\w$])_\(\s*" + LITERAL + r"\s*\)")
MANY = re.compile(r"(?<![\w$])N_\([^,']+,\s*" + LITERAL + r",\s*" + LITERAL)
CALL = re.compile(r"(?<![\w$])N?_\(")

root = pathlib.Path(sys.argv[1])
found = {}


def add(file, text, plural=None):
    name = f"applications/{root.name}/{file.relative_to(root)}"
    found.setdefault((text, plural), set()).add(name)


for file in sorted(root.glob("htdocs/**/*.js")):
    source = file.read_text()
    matches = [*ONE.finditer(source), *MANY.finditer(source)]
    if len(matches) != len(CALL.findall(source)):
        sys.exit(f"{file}: a string to translate is no literal")
    for match in matches:
        add(file, *match.groups())
for file in sorted(root.glob("root/usr/share/luci/menu.d/*.json")):
    for node in json.loads(file.read_text()).values():
        add(file, node["title"])
for file in sorted(root.glob("root/usr/share/rpcd/acl.d/*.json")):
    for right in json.loads(file.read_text()).values():
        add(file, right["description"])

print('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8"')
for (text, plural), files in sorted(found.items(), key=lambda f: f[0][0]):
    print()
    for name in sorted(files):
        print(f"#: {name}")
    print('msgid "{}"'.format(text.replace('"', '\\"')))
    if plural is None:
        print('msgstr ""')
    else:
        print('msgid_plural "{}"'.format(plural.replace('"', '\\"')))
        print('msgstr[0] ""\nmsgstr[1] ""')
