# promise: if the lowest MSS does not help, it was not the MSS (tunnel/mss.h)
# file: src/tunnel/mss.c
# test: unit/test_mss
/^mss_excuse(/,/^}/ s/excused->state = MSS_EXCUSED/excused->state = MSS_LOWERED/
