# promise: a reader of pages sees each peer that stays once, whatever goes meanwhile (adit-status.5, THE CONTROL SOCKET)
# file: src/daemon/status.c
# test: unit/test_status
s/\*cursor = k->number;/*cursor = k->number + 1;/
