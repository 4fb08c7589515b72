# promise: connections that are of no use are opened less often (NOTES of tunnel/end_uott_dial.c)
# file: src/tunnel/end_uott_dial.c
# test: sim/test_silence
/^caller_dial_beside(/,/^}/ s/if (e->of_use || !silent)/if (true)/
