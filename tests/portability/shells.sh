#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# configure prints and writes the same in every installed shell.  dash, busybox
# sh, GNU make and bmake build, and run the tests that $CHECK names, which may
# be "unit sim fuzz lint e2e".

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/tap.sh"

needs make
: "${CHECK=unit fuzz}"

# What a packager may give, and what is hard to quote.
# shellcheck disable=SC2016
configure() {
	$1 "$srcdir/configure" --prefix='/opt/a b&c$' --sysconfdir=/etc/'it"s' \
		--mandir='${prefix}/man' --libdir=/usr/lib \
		--disable-dependency-tracking --enable-frob=yes \
		HAVE_SENDMMSG=0 LDFLAGS='-L"/a b"' >said 2>&1 || return 1
	# Not config.log, which rightly contains the name of the shell.
	cat said config.h Makefile list_*.c >all
}

first=''
for shell in 'bash --posix' bash dash 'busybox sh' mksh 'mksh -o posix' \
	ksh93 posh yash 'yash -o posix'; do
	command -v "${shell%% *}" >/dev/null || continue
	folder=in-$(echo "$shell" | tr -d ' ')
	check "configure in $shell" within "$folder" configure "$shell" ||
		continue
	[ -n "$first" ] || first=$folder
	check "says in $shell what it says in ${first#in-}" \
		cmp "$first/all" "$folder/all"
done

# build MAKE SHELL: everything, with the tests that need no building twice.
build() {
	CONFIG_SHELL=$2
	export CONFIG_SHELL
	$2 "$srcdir/configure" -q && $1 "$jobs" &&
		$1 check CHECK="$CHECK"
}

for shell in dash 'busybox sh'; do
	if command -v "${shell%% *}" >/dev/null; then
		check "configure, make, check with $shell" \
			within "build-${shell%% *}" build make "$shell"
	else
		skip "configure, make, check with $shell" 'it is not installed'
	fi
done
if command -v bmake >/dev/null; then
	check 'configure, make, check with bmake' \
		within build-bmake build bmake sh
	check 'bmake has nothing left to do' \
		sh -c '! (cd build-bmake && bmake) | grep "  [a-z]"'
else
	skip 'configure, make, check with bmake' 'it is not installed'
fi
check 'make -r' within build-r sh -c "'$srcdir/configure' -q && make -r $jobs"
check 'make has nothing left to do' \
	sh -c '! (cd build-r && make) | grep "  [a-z]"'

refuses() {
	! "$srcdir/configure" "$1" >"$work/said" 2>&1 &&
		grep -F -e "$1" "$work/said"
}
check 'an unknown option is refused by its name' within no refuses --frob=1
check 'an unknown argument is refused by its name' within no refuses frob
check 'an unknown answer is refused by its name' \
	within no refuses HAVE_FROB=1
check 'help fits on a screen' sh -c \
	"[ \$('$srcdir/configure' --help | wc -l) -le 40 ]"
done_testing
