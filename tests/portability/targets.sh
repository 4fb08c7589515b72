#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# The targets of run.sh that continuous integration builds and runs: 32 bits,
# no optional function of the system, and processors of both byte orders, one of
# which traps unaligned access.  gcc, clang and tcc are in compilers.sh, Windows
# is in win64.sh.  The simulations, which take longest in an emulator, run for
# one of its processors here.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/tap.sh"

needs apt-get make

# The peer of this machine.
build_peer() {
	"$srcdir/configure" -q && make -s "$jobs"
}
check 'the peer' within peer build_peer
ADIT=$work/peer/adit
export ADIT

for target in plain m32 mips s390x armhf; do
	case $target in
	s390x | armhf) kinds=unit,fuzz,e2e ;;
	*) kinds=unit,sim,fuzz,e2e ;;
	esac
	if sh "$srcdir/tests/portability/run.sh" -b "$work/targets" \
		-r $kinds "$target" >said 2>&1; then
		check "$target" true
	elif grep ' skipped: ' said >/dev/null; then
		skip "$target" "$(sed -n 's/.* skipped: //p' said | head -n 1)"
	else
		# The end of its log, and of those of its tests.
		check "$target" sh -c 'cat "$@" | tail -n 60; exit 1' sh \
			targets/logs/"$target".log said
	fi
done
done_testing
