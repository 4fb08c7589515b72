# promise: when nothing is acknowledged for 2 seconds a second connection is opened beside (adit.8 ENDS, uott)
# file: src/tunnel/uott_look.c
# test: sim/test_silence
/^look_at_acks(/,/^}/ s/ : UOTT_SILENT_MS)/ : 10 * UOTT_SILENT_MS)/
