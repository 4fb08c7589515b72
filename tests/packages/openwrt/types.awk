# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Status 0 if ENVIRON["value"] has the type ENVIRON["type"], written as in
# validate_data of OpenWrt; of its types those that the init script uses.

function number(v, from, to) {
	return v ~ /^[0-9]+$/ && v + 0 >= from + 0 && v + 0 <= to + 0
}

function is_ip4(v, parts, i) {
	if (split(v, parts, ".") != 4)
		return 0
	for (i = 1; i <= 4; i++)
		if (!number(parts[i], 0, 255))
			return 0
	return 1
}

function is_ip6(v) {
	return v ~ /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/ && v !~ /:::/
}

# args(INNER, LIST): divides it at commas outside of brackets.
function args(inner, list, i, c, depth, n, part) {
	n = 0
	depth = 0
	part = ""
	for (i = 1; i <= length(inner); i++) {
		c = substr(inner, i, 1)
		depth += (c == "(") - (c == ")")
		if (c == "," && depth == 0) {
			list[++n] = part
			part = ""
		} else {
			part = part c
		}
	}
	list[++n] = part
	return n
}

function valid(type, v, name, inner, list, n, i, part) {
	if (type ~ /^".*"$/)
		return v == substr(type, 2, length(type) - 2)
	name = type
	sub(/\(.*/, "", name)
	inner = type
	if (!sub(/^[^(]*\(/, "", inner))
		inner = ""
	sub(/\)$/, "", inner)
	n = args(inner, list)
	if (name == "or") {
		for (i = 1; i <= n; i++)
			if (valid(list[i], v))
				return 1
		return 0
	}
	if (name == "list") {
		n = split(v, part, " ")
		for (i = 1; i <= n; i++)
			if (!valid(inner, part[i]))
				return 0
		return 1
	}
	if (name == "string")
		return 1
	if (name == "bool")
		return tolower(v) ~ /^(0|1|on|off|yes|no|true|false|enabled|disabled)$/
	if (name == "uinteger")
		return v ~ /^[0-9]+$/
	if (name == "range")
		return number(v, list[1], list[2])
	if (name == "uciname")
		return v ~ /^[A-Za-z0-9_]+$/
	if (name == "ipaddr")
		return is_ip4(v) || is_ip6(v)
	if (name == "cidr") {
		if (split(v, part, "/") != 2)
			return 0
		return is_ip4(part[1]) && number(part[2], 0, 32) || \
		    is_ip6(part[1]) && number(part[2], 0, 128)
	}
	print "types.awk: " name ": no such type" >"/dev/stderr"
	return 0
}

BEGIN { exit !valid(ENVIRON["type"], ENVIRON["value"]) }
