# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# For scripts that are read after it: awk -f median.awk -f SCRIPT.

# The median of list[1..n], which it sorts.
function median(list, n,    i, j, t) {
	for (i = 2; i <= n; i++) {
		t = list[i]
		for (j = i - 1; j >= 1 && list[j] > t; j--)
			list[j + 1] = list[j]
		list[j + 1] = t
	}
	if (n % 2 == 1)
		return list[(n + 1) / 2]
	return (list[n / 2] + list[n / 2 + 1]) / 2
}
