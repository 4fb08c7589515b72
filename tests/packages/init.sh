#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# The scripts for init systems in contrib/: sysv, openrc, runit, s6, freebsd,
# netbsd, openbsd, launchd.
#
# needs: gcc make libbearssl-dev python3 mksh util-linux iproute2 procps
# needs if whole: busybox-static
#
# NOTES.  Those for Linux are run by the init systems themselves, in a copy of
# the machine (init/copy.sh); rc.d scripts by stand-ins of rc.subr in init/,
# which record what they are told; the plist is read by Python.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/../portability/tap.sh"
# shellcheck source=tests/packages/init/copied.sh
. "$srcdir/tests/packages/init/copied.sh"
: "${whole=1}"

needs gcc make python3

# --- The program -------------------------------------------------------------

# That which is built already, or one of our own.
adit=${ADIT_NATIVE-}
if [ ! -x "$adit" ]; then
	check 'configure' within build "$srcdir/configure" -q
	check 'make' make -C build "$jobs"
	adit=$work/build/adit
fi

# --- What is only read -------------------------------------------------------

# The keys that launchd.plist(5) has, of those that we use.
cat >plist.py <<'END'
import plistlib, sys

TYPES = {
    "Label": str, "ProgramArguments": list, "RunAtLoad": bool,
    "KeepAlive": dict, "ThrottleInterval": int, "ProcessType": str,
    "ExitTimeOut": int, "WorkingDirectory": str, "Umask": int,
    "StandardErrorPath": str, "SoftResourceLimits": dict,
    "HardResourceLimits": dict,
}
with open(sys.argv[1], "rb") as f:
    p = plistlib.load(f)
for key, value in p.items():
    assert type(value) is TYPES[key], key
assert p["Label"] + ".plist" == sys.argv[1].rsplit("/", 1)[1]
assert p["ProgramArguments"][1:3] == ["run", "-c"]
assert p["KeepAlive"] == {"SuccessfulExit": False}
assert p["ProcessType"] in ("Standard", "Background", "Adaptive", "Interactive")
assert p["Umask"] == 0o077
for limits in "SoftResourceLimits", "HardResourceLimits":
    assert set(p[limits]) == {"NumberOfFiles"}
assert plistlib.loads(plistlib.dumps(p)) == p
END
check 'launchd: keys and their types' \
	python3 plist.py "$srcdir/contrib/launchd/adit.plist"

# --- By init systems, in a copy of the machine -------------------------------

# fetch PACKAGE: its archive and those of what it needs beside the C library,
# of which the machine has the rest; sets debs.
fetch() {
	mkdir -p "$work/debs"
	debs=''
	for package in "$1" $(apt-cache depends -i "$1" |
		sed -n 's/^ *Depends: \(lib.*\)/\1/p' | grep -v '^libc6$'); do
		(cd "$work/debs" && apt-get -q -o APT::Sandbox::User=root \
			download "$package") >>"$work/fetched" 2>&1 || return
		for file in "$work/debs/$package"_*.deb; do
			debs="$debs $file"
		done
	done
}

if can_copy 'init systems'; then
	run_copied sysv init/sysv.sh dash
	run_copied freebsd init/bsd.sh freebsd dash
	run_copied netbsd init/bsd.sh netbsd dash
	run_copied openbsd init/openbsd.sh
	[ "$whole" = 0 ] || {
		run_copied 'sysv in busybox' init/sysv.sh 'busybox sh'
		run_copied 'freebsd in busybox' init/bsd.sh freebsd 'busybox sh'
	}
	for system in openrc runit s6; do
		[ "$whole" = 1 ] || continue
		if fetch "$system"; then
			run_copied "$system" "init/$system.sh"
		else
			skip "$system" 'its package cannot be fetched'
		fi
	done
fi
done_testing
