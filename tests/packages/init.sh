#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# The scripts for init systems in contrib/: sysv, openrc, runit, s6, freebsd,
# netbsd, openbsd, launchd.
#
# needs: gcc make libbearssl-dev python3 busybox-static mksh util-linux iproute2 procps
#
# NOTES.  Those for Linux are run by the init systems themselves, in a copy of
# the machine (init/copy.sh); rc.d scripts by stand-ins of rc.subr in init/,
# which record what they are told; the plist is read by Python.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/../portability/tap.sh"
here=$srcdir/tests/packages/init
: "${whole=1}"

needs gcc make python3

# --- The program --------------------------------------------------------------

# That which is built already, or one of our own.
adit=${ADIT_NATIVE-}
if [ ! -x "$adit" ]; then
	check 'configure' within build "$srcdir/configure" -q
	check 'make' make -C build "$jobs"
	adit=$work/build/adit
fi

# --- What is only read -----------------------------------------------------------

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

# --- By init systems, in a copy of the machine ----------------------------------

# can_copy: whether such a copy can be made here.
can_copy() {
	[ "$(id -u)" = 0 ] && mkdir -p "$work/copy" &&
		unshare -m -p -f -n --kill-child sh "$here/copy.sh" \
			"$work/copy" "$srcdir" "$adit" '' true
}

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

# run_copied NAME SCRIPT [ARGUMENT...]: a script of init/ in a copy; its tests
# become ours.
run_copied() {
	title=$1 script=$2
	shift 2
	unshare -m -p -f -n --kill-child sh "$here/copy.sh" "$work/copy" \
		"$srcdir" "$adit" "$debs" sh "$here/$script" "$srcdir" "$@" \
		>"$work/inner" 2>&1
	awk -v n="$tests" -v title="$title" '
	/^(not )?ok / {
		bad = /^not/
		sub(/^(not )?ok [0-9]+ - /, "")
		print (bad ? "not ok " : "ok ") ++n " - " title ": " $0
		next
	}
	/^1\.\.[0-9]+$/ { planned = 1; next }
	{ print /^#/ ? $0 : "# " $0 }
	END {
		if (!planned)
			print "not ok " ++n " - " title " ran to its end"
	}' "$work/inner" | tee "$work/renamed"
	tests=$((tests + $(grep -c '^\(not \)\{0,1\}ok ' "$work/renamed")))
}

if ! can_copy >"$work/words" 2>&1; then
	skip 'init systems' "no copy of the machine: $(tail -n 1 "$work/words")"
else
	debs=''
	run_copied sysv sysv.sh dash
	run_copied freebsd bsd.sh freebsd dash
	run_copied netbsd bsd.sh netbsd dash
	run_copied openbsd openbsd.sh
	[ "$whole" = 0 ] || {
		run_copied 'sysv in busybox' sysv.sh 'busybox sh'
		run_copied 'freebsd in busybox' bsd.sh freebsd 'busybox sh'
	}
	for system in openrc runit s6; do
		[ "$whole" = 1 ] || continue
		if fetch "$system"; then
			run_copied "$system" "$system.sh"
		else
			skip "$system" 'its package cannot be fetched'
		fi
	done
fi
done_testing
