# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# A stand-in of libubox's jshn.sh: objects of strings, numbers and arrays.
#
# shellcheck shell=dash

json_load() {
	local variables name
	for name in $(set | sed -n 's/^\(JSON_[A-Za-z0-9_]*\)=.*/\1/p'); do
		unset "$name"
	done
	variables=$(python3 "$STUBS/jshn.py" load "$1") || return 1
	eval "$variables"
}

# json_get_var VARIABLE MEMBER
json_get_var() {
	eval "$1=\${JSON_$2-}"
}

json_get_vars() {
	local name
	for name in "$@"; do
		eval "$name=\${JSON_$name-}"
	done
}

# json_get_values VARIABLE MEMBER: the items, with blanks between.
json_get_values() {
	local n i=0
	eval "n=\${JSON_$2_ITEMS:-0} $1=''"
	while [ $i -lt "$n" ]; do
		i=$((i + 1))
		eval "$1=\"\${$1:+\${$1} }\$JSON_$2_$i\""
	done
}

# json_for_each_item FUNCTION MEMBER
json_for_each_item() {
	local n i=0
	eval "n=\${JSON_$2_ITEMS:-0}"
	while [ $i -lt "$n" ]; do
		i=$((i + 1))
		eval "$1 \"\$JSON_$2_$i\""
	done
}

json_init() {
	JSON_triples=''
}

# json_add TYPE NAME VALUE
json_add() {
	JSON_triples="$JSON_triples $1 $2 '$(printf '%s' "$3" |
		sed "s/'/'\\\\''/g")'"
}

json_add_int() {
	json_add int "$@"
}

json_add_string() {
	json_add string "$@"
}

json_dump() {
	eval "python3 \"\$STUBS/jshn.py\" dump $JSON_triples"
}
