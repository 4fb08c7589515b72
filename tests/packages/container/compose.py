# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""compose.py FILE: checks what the example of contrib/container relies on."""

import sys

import yaml

with open(sys.argv[1]) as f:
    compose = yaml.safe_load(f)
assert set(compose) == {"services"}
adit = compose["services"]["adit"]
wireguard = compose["services"]["wireguard"]
# One network, whose owner is WireGuard; Adit has no right of its own.
assert adit["network_mode"] == "service:wireguard"
assert wireguard["cap_add"] == ["NET_ADMIN"]
assert adit["cap_drop"] == ["ALL"] and "cap_add" not in adit
assert adit["security_opt"] == ["no-new-privileges:true"]
assert adit["read_only"] is True
assert adit["tmpfs"] == ["/run/adit:uid=9999,gid=9999,mode=0700"]
assert adit["volumes"] == ["./adit:/etc/adit:ro"]
assert adit["build"] == {"context": "../..",
                         "dockerfile": "contrib/container/Dockerfile"}
for service in adit, wireguard:
    assert service["restart"] == "unless-stopped"
    assert not set(service) - {
        "image", "build", "cap_add", "cap_drop", "security_opt", "sysctls",
        "network_mode", "read_only", "tmpfs", "volumes", "restart"}
