#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# AddressSanitizer and UBSan find nothing in the unit tests, the simulations
# and the fuzz corpora.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/tap.sh"

needs make

# The random schedules are for the logic, and run in full without sanitizers.
ADIT_SCHEDULES=60
export ADIT_SCHEDULES

# Without BearSSL's own unaligned reads on x86, of which UBSan speaks.
bearssl=''
if command -v apt-get >/dev/null && found=$(
	sh "$srcdir/tests/portability/bearssl.sh" aligned cc ar \
		'-O1 -g -fPIC -DBR_LE_UNALIGNED=0' 2>/dev/null); then
	bearssl=--with-bearssl=$found
fi

# A word or none.
# shellcheck disable=SC2086
check 'configure --enable-sanitize' \
	"$srcdir/configure" --enable-sanitize --enable-werror $bearssl
check 'make' make "$jobs" all tests
check 'unit tests, simulations and corpora' \
	make check CHECK='unit sim fuzz'
done_testing
