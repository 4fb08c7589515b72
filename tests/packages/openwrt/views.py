# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Finds where scripts of the LuCI application may take text for markup.

views.py FOLDER: prints FILE:LINE for each; the status is 1 if there are any.

LuCI's E(), dom.content() and dom.append() assign a string that is no item of a
list to innerHTML, and so do tables of forms with what textvalue() returns.
tools/adit.js has functions that do not; nothing else is used.
"""

import pathlib
import re
import sys

TOOLS = "tools/adit.js"
# What makes markup of a string, and what tools/adit.js may have of it: with
# a list made by list().
MARKUP = re.compile(
    r"(?<![\w$.])E\(|\bdom\s*\.|\bL\s*\.\s*dom\b|'require dom\b|"
    r"\b(?:inner|outer)HTML\b|\binsertAdjacentHTML\b|\brawhtml\b|"
    r"\bdocument\s*\.\s*write|\bDOMParser\b|\bcreateContextualFragment\b")
SAFE = re.compile(
    r"'require dom';|E\((?:tag|'p'), (?:attributes \?\? )?\{\}, "
    r"list\([\w.]+\)\)|dom\.content\(element, list\(children\)\)")
# Text in a table, and titles of dialogues and messages.
VALUE = re.compile(r"\btextvalue\b(?! = section => escaped\()")
TITLE = re.compile(r"\baddNotification\((?!null,)")
MODAL = re.compile(r"\bshowModal\((?!(?:[\w.]+ \? )?_\('[^']*'\)(?: :\s+"
                   r"_\('[^']*'\))?, \[)")


def blanked(match):
    """Blanks for what was found, with its line ends."""
    return re.sub(r"[^\n]", " ", match[0])


def faults(name, text):
    """The lines of a script that are wrong."""
    text = re.sub(r"/\*.*?\*/|(?<![:'])//[^\n]*", blanked, text, flags=re.S)
    if name == TOOLS:
        text = SAFE.sub(blanked, text)
    for pattern in (MARKUP, VALUE, TITLE, MODAL):
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start()) + 1


def judges_itself():
    """The rules find what they are for."""
    for wrong in ("E('p', {}, text)", "E('p', text)", "x.innerHTML = a",
                  "dom.content(at, text)", "L.dom.append(at, text)",
                  "o.textvalue = s => uci.get('adit', s, 'left')",
                  "textvalue(section) { return a; }",
                  "ui.addNotification(name, el('p', {}, a))",
                  "ui.showModal(name, [])", "ui.showModal(_('A'), text)",
                  "E('p', {}, list(text))"):
        assert list(faults("view/x.js", f"\n{wrong};")) == [2], wrong
    assert list(faults(TOOLS, "E(tag, attributes ?? {}, children)")) == [1]
    for right in ("el('p', {}, text)", "// E('p', text)", "/* E( */",
                  "ui.showModal(a ? _('A') :\n\t_('B'), [])",
                  "ui.addNotification(null, el('p', {}, a))",
                  "o.textvalue = section => escaped(a)"):
        assert not list(faults("view/x.js", right)), right


judges_itself()
folder = pathlib.Path(sys.argv[1]) / "htdocs/luci-static/resources"
scripts = sorted(folder.glob("**/*.js"))
found = [f"{script}:{line}" for script in scripts for line in faults(
    script.relative_to(folder).as_posix(), script.read_text())]
print(*found, sep="\n")
sys.exit(1 if found or not scripts else 0)
