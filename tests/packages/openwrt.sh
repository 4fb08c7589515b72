#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# contrib/openwrt: its scripts under busybox, with stand-ins of procd, UCI,
# netifd and ubus; the LuCI application; the packages, built by a stand-in of
# OpenWrt's makefiles.
#
# NOTES.  tests/packages/openwrt/init has a configuration NAME.uci and what the
# init script does with it, NAME.out; with NAME.then it is reloaded.  Where
# ADIT_RECORD is 1 the outputs are written anew.  ADIT is the program; without
# it one is built, as is adit-mini without ADIT_MINI.  LUCI is a folder with
# LuCI's sources, from elsewhere.
#
# needs: busybox-static shellcheck gcc make libbearssl-dev nodejs python3 python3-pytest xz-utils gcc-mips-linux-gnu libc6-dev-mips-cross qemu-user

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/../portability/tap.sh"

needs busybox awk
: "${whole:=1}"
stubs=$srcdir/tests/packages/openwrt
package=$srcdir/contrib/openwrt

# build_adit: sets ADIT.
build_adit() {
	[ -z "${ADIT-}" ] || return 0
	ADIT=$work/build/adit
	within "$work/build" sh -c \
		"'$srcdir/configure' -q && make -s $jobs all"
}

# scripts: those of the package.
scripts() {
	grep -l '^#!/bin/sh\|shellcheck shell=' "$package"/*/files/* \
		"$stubs"/*.sh "$stubs/rc.common"
}

# reads FILES... under busybox.
reads() {
	for script in "$@"; do
		busybox ash -n "$script" || return 1
	done
}

# acts_as FILE.out COMMAND...: prints what is in that file.
acts_as() {
	expected=$1
	shift
	"$@" >"$work/did" 2>&1
	if [ "${ADIT_RECORD-}" = 1 ]; then
		cp "$work/did" "$expected"
	fi
	diff "$expected" "$work/did"
}

check 'adit is there' build_adit || done_testing
ADIT=$(cd "$(dirname "$ADIT")" && pwd)/${ADIT##*/}
export ADIT

# Names without blanks.
# shellcheck disable=SC2046
check 'busybox reads the scripts' reads $(scripts)
if command -v shellcheck >/dev/null; then
	# shellcheck disable=SC2046
	check 'shellcheck has no complaint' shellcheck -x -s dash \
		-e SC2317 -P "$srcdir" $(scripts)
else
	skip 'shellcheck has no complaint' 'shellcheck is not installed'
fi

root=$work/root
check 'the files of a router' sh "$stubs/root.sh" "$root"
for input in "$stubs"/init/*.uci; do
	of=$(basename "$input" .uci)
	rm -f "$work/kept.conf"
	KEEP=$work/kept.conf
	export KEEP
	check "init: $of" acts_as "${input%.uci}.out" \
		sh "$stubs/run-init.sh" "$root" "$input"
	[ ! -f "$KEEP" ] || check "init: $of: adit accepts it" \
		"$ADIT" check -c "$KEEP"
done
check 'the configuration that is installed is tested' \
	cmp "$package/adit/files/adit.config" "$stubs/init/shipped.uci"

# The scripts that OpenWrt runs after an installation and a renewal; calls says
# what they ran.
# shellcheck disable=SC2016
first_run() {
	mkdir "$work/first" && cp "$package/adit/files/adit.config" \
		"$work/first/config" && chmod 644 "$work/first/config" &&
		printf '#!/bin/sh\necho "$1" >>%s/calls\n' "$work" \
			>"$work/init" && chmod 755 "$work/init" || return
	for _ in 1 2; do
		ADIT_KEYS=$work/first/keys ADIT_UCI=$work/first/config \
			ADIT_RPCD=$work/init busybox ash \
			"$package/adit/files/adit.defaults" || return
	done
	[ "$(stat -c %a "$work/first/keys" "$work/first/config" |
		tr '\n' ' ')" = '700 600 ' ] &&
		[ "$(tr '\n' ' ' <"$work/calls")" = 'reload reload ' ]
}

renewals() {
	rm -f "$work/calls"
	for ACTION in issued renewed prepare; do
		export ACTION
		ADIT_INIT=$work/init busybox ash \
			"$package/adit/files/adit.acme" || return
	done
	# Where the package was removed, and its hook not yet.
	ADIT_INIT=$work/none ACTION=renewed busybox ash \
		"$package/adit/files/adit.acme" || return
	[ "$(tr '\n' ' ' <"$work/calls")" = 'reload reload ' ]
}
check 'uci-defaults: what may have keys is for root alone' first_run
check 'acme: a renewed certificate is a reload' renewals

# The handler and the object of ubus parse JSON.
if command -v python3 >/dev/null; then
	export ADIT
	for input in "$stubs"/proto/*.json; do
		check "netifd: $(basename "$input" .json)" \
			acts_as "${input%.json}.out" \
			sh "$stubs/run-proto.sh" "$root" "$input"
	done
	. "$stubs/ubus.sh"
	. "$stubs/mini.sh"
	of='netifd: an interface with a real adit'
	if [ "$whole" = 0 ]; then
		echo "# $of: it waits for a minute of silence"
	elif ! unshare -n -m true 2>/dev/null; then
		skip "$of" 'only root can make namespaces'
	else
		check "$of" sh "$stubs/interface.sh" "$root"
	fi
else
	skip 'netifd, ubus, adit-mini' 'python3 is not installed'
fi
. "$stubs/luci.sh"
. "$stubs/make.sh"
done_testing
