# promise: beside a silent connection a new one is dialled (DESIGN.md "Rules", NOTES of pool_dial.h)
# file: src/tunnel/pool_dial.c
# test: sim/test_paths
/^dialled_changed(/,/^}/ s/if (conn->health != POOL_SILENT)/if (conn->health >= POOL_LIVES)/
