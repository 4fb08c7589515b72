#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# contrib/README names each file and folder of contrib/, and what it names is
# there.
#
# NOTES.  A name begins a line and ends at a blank; that of a folder ends with a
# slash, and stands for all that is in it.

srcdir=$(cd "${1:-.}" && pwd) || exit 1
LC_ALL=C
export LC_ALL
cd "$srcdir/contrib" || exit 1

# shellcheck source=tests/lint/report.sh
. "$srcdir/tests/lint/report.sh"

named=$(awk '/^[^ =]/ && (NF == 1 || /^[^ ]+  /) { print $1 }' README)

for name in $named; do
	[ -e "$name" ]
	report_status "$name, which contrib/README names, is there" $?
done
for file in *; do
	[ "$file" != README ] || continue
	[ ! -d "$file" ] || file=$file/
	case "
$named
" in
	*"
$file"*) true ;;
	*) false ;;
	esac
	report_status "contrib/README names $file" $?
done
echo "1..$n"
