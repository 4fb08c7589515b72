#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# What a release changes in more than one place: the version, and the day before
# which no clock can be right.

cd "${1:-.}" || exit 1

# shellcheck source=tests/lint/report.sh
. tests/lint/report.sh

# seconds YEAR-MONTH-DAY: of its beginning, in Unix time.
seconds() {
	echo "$1" | awk -F- '{
		# A year begins in March: then the leap day is its last.
		y = $1 - ($2 < 3)
		m = ($2 + 9) % 12
		leap = int(y / 4) - int(y / 100) + int(y / 400)
		days = 365 * y + leap + int((153 * m + 2) / 5) + $3 - 719469
		printf "%.0f\n", days * 86400
	}'
}

version=$(sed -n 's/^version=//p' configure)
news=$(sed -n '1s/^Version \([^ ]*\) (.*)$/\1/p' NEWS)
released=$(sed -n '1s/^Version [^ ]* (\(.*\))$/\1/p' NEWS)
source=src/base/release.h
day=$(sed -n 's,^/\* \([0-9-]*\): clocks of .*,\1,p' "$source")
least=$(sed -n 's/^#define CLOCK_LEAST_S INT64_C(\([0-9]*\))$/\1/p' "$source")

complaint=''
[ "$version" = "$news" ] ||
	complaint="configure has $version, NEWS begins with $news"
report 'configure and NEWS have the same version' "$complaint"

complaint=''
package=$(sed -n '1s/^adit (\(.*\)-[0-9]*) .*/\1/p' contrib/debian/changelog)
[ "$version" = "$package" ] ||
	complaint="configure has $version, contrib/debian/changelog $package"
report 'so has the package of Debian' "$complaint"

complaint=''
[ -n "$least" ] && [ "$least" = "$(seconds "$day")" ] ||
	complaint="$source: CLOCK_LEAST_S is $least, $day is $(seconds "$day")"
report 'CLOCK_LEAST_S is the day in its comment' "$complaint"

complaint=''
case $released in
'not released yet') ;;
????-??-??)
	[ "$day" = "$released" ] ||
		complaint="$source: $day, but NEWS says $released" ;;
*) complaint="NEWS: ($released) is no date" ;;
esac
report 'it is the day of the release' "$complaint"

echo "1..$n"
