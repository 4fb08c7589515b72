# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""A stand-in of OpenWrt's sstrip: cuts off what is in no segment of a program.

sstrip.py FILE: an ELF file of 32 bits, big-endian, stripped before.
"""

import pathlib
import struct
import sys

file = pathlib.Path(sys.argv[1])
data = bytearray(file.read_bytes())
assert data[:6] == b"\x7fELF\x01\x02", "no ELF file of such a CPU"
headers = struct.unpack_from(">I", data, 28)[0]
size, number = struct.unpack_from(">2H", data, 42)
end = headers + size * number
for at in range(headers, end, size):
    begin = struct.unpack_from(">I", data, at + 4)[0]
    length = struct.unpack_from(">I", data, at + 16)[0]
    end = max(end, begin + length)
# There are no headers of sections any more.
struct.pack_into(">I", data, 32, 0)
struct.pack_into(">3H", data, 46, 0, 0, 0)
file.write_bytes(data[:end])
