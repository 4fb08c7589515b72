# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""What accounts of LuCI may do with the application: acl.py APP PLUGIN.

APP is contrib/openwrt/luci-app-adit, PLUGIN that of rpcd.  Rights are granted
as rpcd does it when somebody logs in, pages shown as LuCI's dispatcher does.
"""

import json
import pathlib
import re
import sys

APP = pathlib.Path(sys.argv[1])
HAS = set(json.loads(re.search(r"<<'END'\n(.*?)END", pathlib.Path(
    sys.argv[2]).read_text(), re.S)[1]))
STATUS, TUNNELS = "luci-app-adit", "luci-app-adit-tunnels"


def read(pattern):
    return json.loads(next(APP.glob(pattern)).read_text())


GROUPS = read("root/usr/share/rpcd/acl.d/*")
MENU = read("root/usr/share/luci/menu.d/*")


def login(**rights):
    """What is granted: {(scope, object, function)}, and for which groups.

    rights has the groups of `list read` and `list write` in /etc/config/rpcd;
    write implies read.
    """
    write = rights.get("write", [])
    may = {"write": write, "read": write + rights.get("read", [])}
    granted, groups = set(), set()
    for group, permissions in GROUPS.items():
        for right, scopes in permissions.items():
            if right not in may or group not in may[right]:
                continue
            groups.add(group)
            for scope, objects in scopes.items():
                # The objects of a list have the right itself as function.
                if isinstance(objects, list):
                    objects = {name: [right] for name in objects}
                granted |= {(scope, name, function)
                            for name, functions in objects.items()
                            for function in functions}
    return granted, groups


def pages(groups):
    """The pages of the menu that somebody with rights in `groups` has."""
    shown = set()
    for path in MENU:
        above = [p for p in MENU if f"{path}/".startswith(f"{p}/")]
        needed = {g for p in above
                  for g in MENU[p].get("depends", {}).get("acl", [])}
        if needed <= groups and MENU[path]["action"]["type"] == "view":
            shown.add(MENU[path]["action"]["path"])
    return shown


def calls(view):
    script = APP / f"htdocs/luci-static/resources/view/{view}.js"
    found = re.findall(r"object:\s*'([^']*)',\s*method:\s*'([^']*)'",
                       script.read_text())
    assert len(found) == script.read_text().count("rpc.declare(")
    return {("ubus", *call) for call in found}


reader, groups = login(read=[STATUS, TUNNELS])
assert reader == {("ubus", "adit", "status")}, reader
assert pages(groups) == {"adit/status"}, pages(groups)

operator, groups = login(write=[STATUS])
assert {right[:2] for right in operator} == {("ubus", "adit")}, operator
assert pages(groups) == {"adit/status"}, pages(groups)
assert calls("adit/status") == operator, operator

writer, groups = login(write=[STATUS, TUNNELS])
assert pages(groups) == {"adit/status", "adit/tunnels"}, pages(groups)
assert calls("adit/tunnels") == \
    {right for right in writer - operator if right[0] == "ubus"}, writer
assert {right for right in writer if right[0] == "uci"} == \
    {("uci", "adit", "read"), ("uci", "adit", "write")}, writer

# No method is missing, or there for nobody; none of a different object.
assert writer == {("ubus", "adit", method) for method in HAS} | \
    {("uci", "adit", "read"), ("uci", "adit", "write")}, (writer, HAS)
assert "root" in GROUPS[TUNNELS]["description"]
