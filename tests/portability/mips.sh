#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Builds for big-endian MIPS, which traps unaligned access, and runs the unit
# tests and the fuzz corpora there, by qemu.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/tap.sh"

# Without -L, which has the programs see another root folder than there is.
root=/usr/mips-linux-gnu
run=qemu-mips
needs mips-linux-gnu-gcc qemu-mips apt-get make

if ! bearssl=$(sh "$srcdir/tests/portability/bearssl.sh" mips \
	mips-linux-gnu-gcc mips-linux-gnu-ar 2>"$work/errors"); then
	sed 's/^/# /' "$work/errors"
	echo '1..0 # SKIP no BearSSL for mips'
	exit 0
fi

check 'configure --host=mips-linux-gnu' "$srcdir/configure" \
	--host=mips-linux-gnu --with-bearssl="$bearssl" \
	LDFLAGS="-Wl,-dynamic-linker,$root/lib/ld.so.1 -Wl,-rpath,$root/lib"
check 'make, without a warning' silent make "$jobs"
check 'unit tests and corpora by qemu-mips' make "$jobs" check \
	CHECK='unit fuzz' EXEC_WRAPPER=$run
check 'adit --version by qemu-mips' $run ./adit --version
done_testing
