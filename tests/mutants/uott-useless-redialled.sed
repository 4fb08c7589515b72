# promise: connections that are of no use are opened less often (NOTES of tunnel/uott_dial.h)
# file: src/tunnel/uott_beside.c
# test: sim/test_silence
/^uott_beside_dial(/,/^}/ s/if (e->of_use || !silent)/if (true)/
