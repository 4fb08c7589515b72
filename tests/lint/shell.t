#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Shell scripts are read by every shell that is here, and by shellcheck.

cd "${1:-.}" || exit 1

# first_line FILE
first_line() {
	sed 1q "$1" 2>/dev/null | tr -d '\0'
}

# By the first line, wherever they are.
scripts=$(find . -path ./.git -prune -o -type f ! -name config.status -print |
	sort | while read -r file; do
		if [ "$(first_line "$file")" = '#!/bin/sh' ]; then
			echo "$file"
		fi
	done)

n=0
for shell in dash 'busybox sh' mksh ksh93 posh yash 'bash --posix'; do
	command -v "${shell%% *}" >/dev/null || continue
	n=$((n + 1))
	failed=''
	for script in $scripts; do
		# ksh93 adds advice of its own taste.
		$shell -n "$script" 2>/dev/null || failed="$failed $script"
	done
	if [ -z "$failed" ]; then
		echo "ok $n - $shell reads every script"
	else
		echo "not ok $n - $shell does not read$failed"
	fi
done

# After tap.sh the folder is a different one, and "$0" may be relative.
n=$((n + 1))
lost=$(for script in $scripts; do
	awk -v file="$script" '/tap\.sh"$/ { moved = 1; next }
	moved && /dirname "\$0"/ { print "# " file ":" FNR }' "$script"
done)
if [ -z "$lost" ]; then
	echo "ok $n - nothing is looked for by \$0 after tap.sh"
else
	echo "not ok $n - nothing is looked for by \$0 after tap.sh"
	printf '%s\n' "$lost"
fi

n=$((n + 1))
# Words are split on purpose here.  Functions that a test calls by their name,
# as an argument, look unreachable (SC2317).
# shellcheck disable=SC2086
if ! command -v shellcheck >/dev/null; then
	echo "ok $n # SKIP shellcheck is not installed"
elif complaints=$(shellcheck -x -s sh -e SC2317 -f gcc $scripts); then
	echo "ok $n - shellcheck has no complaint"
else
	echo "not ok $n - shellcheck has no complaint"
	printf '%s\n' "$complaints" | sed 's/^/# /'
fi
echo "1..$n"
