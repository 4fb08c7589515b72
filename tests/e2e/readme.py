# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""What README.md and doc/RECIPES.md tell people to type."""

import os
import re
import textwrap

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PAGES = "README.md", "doc/RECIPES.md"


def section(text, heading):
    """The lines between that heading and the next one of any level."""
    fenced = inside = False
    lines = []
    for line in text.splitlines():
        if re.match(r" *```", line):
            fenced = not fenced
        elif not fenced and re.match("#+ ", line):
            inside = re.sub("^#+ ", "", line) == heading
            continue
        if inside:
            lines.append(line)
    return "\n".join(lines)


def blocks(heading):
    """The blocks of code under that heading, which one of the pages has, as
    (language, text)."""
    text = ""
    for page in PAGES:
        with open(os.path.join(TOP, page)) as f:
            text += section(f.read(), heading)
    found = [(language, textwrap.dedent(code)) for _, language, code in
             re.findall(r"^( *)```(\w*)\n(.*?)^\1```$", text, re.M | re.S)]
    assert found, f"{PAGES} have no code under {heading!r}"
    return found


def of_language(found, language):
    return [text for of, text in found if of == language]


def commands(heading):
    """The lines of shell under that heading."""
    return "".join(of_language(blocks(heading), "sh")).splitlines()
