# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""What README.md tells people to type."""

import os
import re
import textwrap

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                      "README.md")


def blocks(heading):
    """The blocks of code between that heading and the next one of any
    level, as (language, text)."""
    with open(README) as f:
        text = f.read()
    fenced = False
    section, inside = [], False
    for line in text.splitlines():
        if re.match(r" *```", line):
            fenced = not fenced
        elif not fenced and re.match("#+ ", line):
            inside = re.sub("^#+ ", "", line) == heading
            continue
        if inside:
            section.append(line)
    found = [(language, textwrap.dedent(code)) for _, language, code in
             re.findall(r"^( *)```(\w*)\n(.*?)^\1```$",
                        "\n".join(section), re.M | re.S)]
    assert found, f"README.md has no code under {heading!r}"
    return found


def of_language(found, language):
    return [text for of, text in found if of == language]


def commands(heading):
    """The lines of shell under that heading."""
    return "".join(of_language(blocks(heading), "sh")).splitlines()
