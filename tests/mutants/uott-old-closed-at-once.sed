# promise: the old connection is still received from for 5 seconds (adit.8 ENDS, uott)
# file: src/tunnel/end_uott_dial.c
# test: sim/test_silence
/^caller_up(/,/^}/ s/k->try.up_ms + CALL_OLD_MS/k->try.up_ms/
