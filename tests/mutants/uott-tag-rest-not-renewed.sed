# promise: a tag rests anew after each frame that still comes for it (adit-protocols.7 uott, adit.8 ENDS, uott_tags_find() in tunnel/uott_tags.h)
# file: src/tunnel/uott_tags.c
# test: unit/test_uott_tags
/^uott_tags_find(/,/^}/ { /u.since_ms = now_ms;/d
}
