# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Completion for bash; `adit complete` knows what may follow.
# shellcheck shell=bash

_adit() {
	local line=${COMP_LINE:0:COMP_POINT} tab=$'\t'
	local -a words
	local name cur strip candidate rest file

	read -r -a words <<<"$line"
	case $line in
	*[[:space:]]) words+=('') ;;
	esac
	name=${words[0]}
	case ${name##*/} in
	adit) ;;
	*)
		words=(adit "${name##*/}" "${words[@]:1}")
		name=adit
		;;
	esac
	cur=${words[${#words[@]} - 1]}
	# What bash replaces begins after the last of these.
	strip=${cur%"${cur##*[=:]}"}
	COMPREPLY=()
	while IFS=$tab read -r candidate rest; do
		if [ "$candidate" = :files ]; then
			compopt -o filenames 2>/dev/null
			while IFS= read -r file; do
				file=$rest$file
				COMPREPLY+=("${file#"$strip"}")
			done < <(compgen -f -- "${cur#"$rest"}")
			continue
		fi
		case $candidate in
		*[=:]) compopt -o nospace 2>/dev/null ;;
		esac
		COMPREPLY+=("${candidate#"$strip"}")
	done < <("$name" complete "${words[@]:1}" 2>/dev/null)
}

complete -F _adit adit uotp-server uotp-client uott dtlspipe udptun udptunnel
