# promise: connections that are of no use are opened less often (NOTES of tunnel/uott_dial.h)
# file: src/tunnel/uott_dial.c
# test: sim/test_silence
/^caller_dial_beside(/,/^}/ s/if (e->of_use || !silent)/if (true)/
