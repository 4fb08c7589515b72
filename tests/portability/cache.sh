# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# For the scripts that keep what they have built or downloaded, which read it.
#
# shellcheck shell=sh

# cache_folder: sets cache to $ADIT_CACHE, or to a folder below that of temporary
# files, and makes it for us alone.  Ends the script where a different user has
# made that folder, or may write into it: what is in there is run.
cache_folder() {
	cache=${ADIT_CACHE:-${TMPDIR:-/tmp}/adit-cache}
	(umask 077 && mkdir -p "$cache") || exit 1
	if [ -z "$(find "$cache" -prune -type d -user "$(id -u)" \
		! -perm -020 ! -perm -002)" ]; then
		echo "$cache: not a folder that we own, and others cannot" \
			"write; set ADIT_CACHE" >&2
		exit 1
	fi
}
