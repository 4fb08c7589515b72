# promise: an endpoint that does not answer is left out for a minute, each time that it fails (adit.8 ENDS; group_pick_other() in base/addrgroup.h: none that failed in the last GROUP_REMEMBER_MS)
# file: src/base/addrgroup.c
# test: unit/test_addrgroup
/^group_fail(/,/^}/ {
/group_recover(failed, e);/d
}
